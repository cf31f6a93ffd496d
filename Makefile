# Makefile: builds, tests and installs libgoalloc.  It bootstraps itself:
# configure is made from configure.ac, config.mk and config.h by configure.
#
#   all         build/libgoalloc.so and the goalloc command (default)
#   try         one real program under glibc and under the library
#   check       all tests; SUITES="unit preload" runs only those
#   check-long  all tests, the random ones for longer
#   bench       perf/, against jemalloc and glibc
#   lint        the rules of the house (build-aux/lint)
#   install, uninstall    with DESTDIR, prefix, libdir, ...
#   setup       install the Debian packages that all of these need
#   clean, distclean
#
# Variants of the library and the unit tests have a directory each:
#   build/         as configured
#   build/check2/  CHECK_LEVEL 2
#   build/tsan/    thread sanitizer (unit tests only)
#   build/asan/    address and undefined-behaviour sanitizers (the same)
#   build/lint-*/  objects only, all warnings, made by make lint

MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

goals := $(or $(MAKECMDGOALS),all)

.PHONY: all try check check-long bench lint install uninstall setup packages
.PHONY: clean distclean check-build check-build-long lint-warnings
all:

# ---- Bootstrap ----------------------------------------------------------

# What a goal needs to be installed; see build-aux/packages.
packages_check := build check programs
packages_check-long := build check programs
packages_try := build programs
packages_bench := build bench
packages_lint := build lint check
packages_setup := build check programs bench lint

packages:
	@build-aux/setup $(sort $(foreach g,$(goals),$(packages_$(g))))

setup: packages

ifneq ($(filter-out clean distclean setup,$(goals)),)
include config.mk
endif

# Two makes in one tree would write each other's files here.
config.mk: configure config.mk.in config.h.in
	@flock configure sh -c 'if test -x config.status; then \
		./config.status --recheck && ./config.status; \
	else \
		./configure; \
	fi'

configure: configure.ac | packages
	@command -v autoconf >/dev/null || { \
		echo "autoconf is missing: run 'make setup' or install it" >&2; \
		exit 1; }
	autoconf --force
	@# It deletes core dumps by their name, which is our directory's.
	@sed -i 's/rm -f core /rm -f /' configure

# ---- The library --------------------------------------------------------

gen := build/gen
table := $(gen)/sizeclass_table.h

gc_src := $(if $(filter 0,$(CONFIG_GC)),$(wildcard gc/gc_off.c),$(filter-out \
	gc/gc_off.c,$(wildcard gc/*.c)))
shims_src := $(if $(filter 0,$(CONFIG_GC)),,$(wildcard shims/*.c))
core_src := $(filter-out core/sizeclass_gen.c,$(wildcard core/*.c)) $(gc_src) \
	$(wildcard prof/*.c)
lib_src := $(core_src) $(filter-out preload/record%,$(wildcard preload/*.c)) \
	$(shims_src)
# libgoalloc-record.so: the profiler in front of another malloc.
record_only := $(wildcard preload/record*.c)
record_src := $(record_only) preload/profiler.c preload/api_profile.c $(wildcard prof/*.c) \
	$(patsubst %,core/%.c,early fatal lock options os_linux os_own \
	os_thread_linux)

all_cppflags = -I. -I$(gen) -D_GNU_SOURCE $(CPPFLAGS)
warnings := -Wall -Wextra -Wundef -Wshadow -Wcast-qual -Wmissing-prototypes \
	-Wstrict-prototypes
# The compiler must not know malloc: it would turn our calloc, which is malloc
# and memset, into a call of calloc.
lib_cflags := -include config.h -std=gnu17 $(warnings) -fPIC -fvisibility=hidden -pthread \
	-ftls-model=initial-exec -fno-semantic-interposition -fno-plt \
	-fno-stack-protector -fno-builtin-malloc -fno-builtin-calloc \
	-fno-builtin-realloc -fno-builtin-free -fno-builtin-aligned_alloc
lib_ldflags := -shared -Wl,-soname,libgoalloc.so \
	-Wl,--version-script=preload/exports.map -Wl,--as-needed \
	-Wl,-z,defs,-z,relro,-z,now,-z,nodelete

all: build/libgoalloc.so build/libgoalloc-record.so

$(gen)/sizeclass_gen: core/sizeclass_gen.c $(wildcard core/sizeclass*.h)
	@mkdir -p $(@D)
	$(CC_FOR_BUILD) -std=gnu17 -O1 -Wall -Wextra -I. -o $@ $<

$(table): $(gen)/sizeclass_gen
	$< > $@

# $(call variant,DIRECTORY,FLAGS,COMPILER): the rules of one variant.
define variant
$(1)/%.o: %.c Makefile config.mk | $$(table)
	@mkdir -p $$(@D)
	$(3) $$(all_cppflags) $$(lib_cflags) $$(CFLAGS) $(2) -MMD -MP -c -o $$@ $$<

$(1)/libgoalloc.so: $$(lib_src:%.c=$(1)/%.o) preload/exports.map
	$(3) $$(CFLAGS) $(2) $$(LDFLAGS) $$(lib_ldflags) -o $$@ $$(filter %.o,$$^)

$(1)/libgoalloc-record.so: $$(record_src:%.c=$(1)/%.o) preload/record.map
	$(3) $$(CFLAGS) $(2) $$(LDFLAGS) $$(subst exports.map,record.map,$$(subst \
		libgoalloc.so,libgoalloc-record.so,$$(lib_ldflags))) -o $$@ \
		$$(filter %.o,$$^)

# An archive: each test is linked with what it needs and no more.
$(1)/parts.a: $$(core_src:%.c=$(1)/%.o) $$(shims_src:%.c=$(1)/%.o)
	@rm -f $$@
	ar rcs $$@ $$^

$(1)/test/unit/%_test: $(1)/test/unit/%_test.o $(1)/parts.a
	$(3) $$(CFLAGS) $(2) -pthread $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) \
		$(1)/parts.a $$(check_libs)

-include $$(wildcard $(1)/*/*.d $(1)/*/*/*.d)
endef

check_libs = $(shell pkg-config --libs check)
sanitize := -DSANITIZED=1 -fno-omit-frame-pointer -fno-sanitize-recover=all
$(eval $(call variant,build,,$$(CC)))
$(eval $(call variant,build/check2,-DCHECK_LEVEL=2,$$(CC)))
$(eval $(call variant,build/tsan,-DCHECK_LEVEL=1 $(sanitize) \
	-fsanitize=thread,$$(CC)))
$(eval $(call variant,build/asan,-DCHECK_LEVEL=1 $(sanitize) \
	-fsanitize=address$$(comma)undefined,$$(CC)))
comma := ,

# ---- The command --------------------------------------------------------

# What runs inside other programs is a library of its own; the rest is one
# program.  It uses libc freely, and the library's headers but none of its code.
only_src := cmd/only.c
cmd_src := $(filter-out $(only_src),$(wildcard cmd/*.c))
cmd_built := $(if $(filter 1,$(CONFIG_COMMAND)),build/goalloc \
	build/libgoalloc-only.so build/libgoalloc-probe.so)
cmd_cflags := -include config.h -std=gnu17 $(warnings) -fPIE
cmd_libs := -ldw -lelf -lz -liberty -lm -pthread

all: $(cmd_built)

build/cmd/%.o: cmd/%.c Makefile config.mk
	@mkdir -p $(@D)
	$(CC) $(all_cppflags) $(cmd_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

# The page's style and script are part of the program.
build/cmd/report_parts.o $(foreach v,gcc0 gcc2 clang0 clang2, \
	build/lint-$(v)/cmd/report_parts.o): $(wildcard cmd/page/*)

build/goalloc: $(cmd_src:%.c=build/%.o)
	$(CC) $(CFLAGS) -pie $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(cmd_libs)

build/libgoalloc-only.so: $(only_src) $(wildcard cmd/only*.h) Makefile config.mk
	@mkdir -p $(@D)
	$(CC) $(all_cppflags) $(cmd_cflags) -fPIC -fvisibility=hidden $(CFLAGS) \
		-shared $(LDFLAGS) -Wl,-soname,$(@F) -o $@ $(only_src)

# goalloc compare's, between a program and whatever malloc it has.
probe_src := $(wildcard cmd/probe/*.c)
build/libgoalloc-probe.so: $(probe_src) $(wildcard cmd/probe/*.h) Makefile \
		config.mk
	@mkdir -p $(@D)
	$(CC) $(all_cppflags) $(lib_cflags) -fexceptions $(CFLAGS) -shared \
		$(LDFLAGS) -Wl,-soname,$(@F) -o $@ $(probe_src)

# ---- Tests --------------------------------------------------------------

cmd_part_tests := $(foreach t,callsites failif heapprof json probe_page robust \
	sha256,test/unit/$(t)_test.c)
unit_src := $(filter-out $(if $(cmd_built),,$(cmd_part_tests)),$(wildcard \
	test/unit/*_test.c))
unit_variants := build build/check2 build/tsan build/asan
# The thread sanitizer is for those that have threads.
tsan_src := $(filter $(unit_src),$(shell test/unit/threaded))
unit_programs := $(foreach v,$(filter-out build/tsan,$(unit_variants)),\
	$(unit_src:%.c=$(v)/%)) $(tsan_src:%.c=build/tsan/%)

# Tests of the command's parts are linked with those.
cmd_part_src := $(wildcard cmd/heapprof*.c) $(addprefix cmd/,callsites.c \
	calltree.c failif.c flame.c intern.c json.c metrics.c procmaps.c \
	protobuf.c robust.c say.c sha256.c)
$(foreach v,$(unit_variants),$(eval $(cmd_part_tests:%.c=$(v)/%): \
	$(cmd_part_src:%.c=$(v)/%.o)))
$(foreach v,$(unit_variants),$(cmd_part_tests:%.c=$(v)/%)): check_libs += -lz \
	-lm

# Programs that run under the library are ordinary programs: they know nothing
# of it, and the compiler may not remove the calls that they are there to make.
# NAME_lib.c becomes a shared object for such a program to load.
program_dirs := $(addprefix test/,preload stress try cmd compare gc prof)
lib_programs := $(patsubst %.c,build/%.so,$(wildcard \
	$(program_dirs:%=%/*_lib.c)))
c_programs := $(patsubst %.c,build/%,$(filter-out %_lib.c,$(wildcard \
	$(program_dirs:%=%/*.c))))
cxx_programs := $(patsubst %.cc,build/%,$(wildcard $(program_dirs:%=%/*.cc)))
programs := $(lib_programs) $(c_programs) $(cxx_programs)
program_flags := -O1 -g -fno-builtin -pthread -Wall -Wextra \
	-Wno-use-after-free -Wno-free-nonheap-object -Wno-mismatched-dealloc \
	-Wno-alloc-size-larger-than
program_cc = $(CC) $(all_cppflags) -std=gnu17 $(program_flags) -MMD -MP
program_cxx = $(CXX) -I. -std=gnu++17 $(program_flags) \
	-Wno-mismatched-new-delete -MMD -MP

$(lib_programs): build/%.so: %.c Makefile config.mk
	@mkdir -p $(@D)
	$(program_cc) -fPIC -shared -o $@ $<

$(c_programs): build/%: %.c Makefile config.mk
	@mkdir -p $(@D)
	$(program_cc) -o $@ $<

build/test/cmd/static: program_flags += -static

$(cxx_programs): build/%: %.cc Makefile config.mk
	@mkdir -p $(@D)
	$(program_cxx) -o $@ $<

# Unit tests with CHECK_LEVEL 2 are left to the long form.
check-build: build/libgoalloc.so build/libgoalloc-record.so
check-build: $(filter-out build/check2/%,$(unit_programs))
check-build: $(programs) $(cmd_built)
check-build-long: check-build build/check2/libgoalloc.so $(unit_programs)

# The suites run one after the other, whatever -j says.
export GOALLOC_BUILD := $(CURDIR)/build
export GOALLOC_LIB := $(CURDIR)/build/libgoalloc.so

check: check-build
	@build-aux/check $(SUITES)

check-long: check-build-long
	@build-aux/check --long $(SUITES)

try: build/libgoalloc.so build/libgoalloc-record.so $(cmd_built) \
		$(filter build/test/try/%,$(programs))
	+@test/try/run

# ---- Benchmarks ---------------------------------------------------------

-include perf/Makefile.inc

# All is built before the first measurement, and perf/run measures one program
# at a time.
bench: build/libgoalloc.so perf-all
	+@perf/run

# ---- Install ------------------------------------------------------------

man_pages := $(wildcard man/*.[1-8])
man_of = $(mandir)/man$(patsubst .%,%,$(suffix $(1)))
pc_vars := prefix exec_prefix libdir bindir includedir

cmd_installed := $(if $(cmd_built),$(bindir)/goalloc \
	$(libdir)/libgoalloc-only.so $(libdir)/libgoalloc-probe.so)

install: build/libgoalloc.so build/libgoalloc-record.so $(cmd_built)
	install -d $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir)
	install -m 755 build/libgoalloc.so build/libgoalloc-record.so \
		$(DESTDIR)$(libdir)/
	$(foreach f,$(cmd_installed),install -D -m 755 build/$(notdir $(f)) \
		$(DESTDIR)$(f) &&) :
	install -m 644 include/goalloc.h $(DESTDIR)$(includedir)/
	sed $(foreach v,$(pc_vars),-e 's|@$(v)@|$($(v))|') \
		-e 's|@version@|$(VERSION)|' goalloc.pc.in \
		>$(DESTDIR)$(libdir)/pkgconfig/goalloc.pc
	$(foreach m,$(man_pages),install -D -m 644 -t \
		$(DESTDIR)$(call man_of,$(m)) $(m) &&) :

uninstall:
	rm -f $(DESTDIR)$(libdir)/libgoalloc.so \
		$(DESTDIR)$(libdir)/libgoalloc-record.so \
		$(DESTDIR)$(includedir)/goalloc.h \
		$(DESTDIR)$(libdir)/pkgconfig/goalloc.pc \
		$(cmd_installed:%=$(DESTDIR)%) \
		$(foreach m,$(man_pages),$(DESTDIR)$(call \
		man_of,$(m))/$(notdir $(m)))

# ---- Lint ---------------------------------------------------------------

lint_variants := lint-gcc0 lint-gcc2 lint-clang0 lint-clang2
lint_src := $(lib_src) $(record_only) $(unit_src) $(cmd_src) $(only_src) \
	$(probe_src)
$(eval $(call variant,build/lint-gcc0,-DCHECK_LEVEL=0 -Werror,gcc))
$(eval $(call variant,build/lint-gcc2,-DCHECK_LEVEL=2 -Werror,gcc))
$(eval $(call variant,build/lint-clang0,-DCHECK_LEVEL=0 -Werror,clang))
$(eval $(call variant,build/lint-clang2,-DCHECK_LEVEL=2 -Werror,clang))

lint: build/libgoalloc.so
	@build-aux/lint/all $(MAKE)

# All warnings are errors: both compilers, both ends of CHECK_LEVEL.
lint-warnings: $(foreach v,$(lint_variants),$(lint_src:%.c=build/$(v)/%.o))

# ---- Clean --------------------------------------------------------------

clean:
	rm -rf build

distclean: clean
	rm -rf autom4te.cache configure configure~ config.h config.log \
		config.mk config.status
