# shellcheck shell=bash
# make: 2,500 generated targets, pattern rules, functions, eval, two jobs.
# set: quick
prepare()
{
	cat >Makefile <<'END'
N := $(shell seq 1 2500)
OUT := $(N:%=out/%.o)
SHELL := /bin/sh
all:
define unit
deps_$(1) := $(wordlist 1,6,$(N))
out/$(1).o: in/$(1).c $$(deps_$(1):%=in/%.c) | out
VAR_$(1) := $$(foreach i,1 2 3 4,$$(subst x,$$(i),x$(1)x))
endef
$(foreach n,$(N),$(eval $(call unit,$(n))))
all: $(wordlist 1,120,$(OUT)) list
out: ; mkdir -p $@
out/%.o: ; @echo '$* $(VAR_$*)' > $@
in/%.c: ; @:
list: $(wordlist 1,120,$(OUT))
	@cat $(sort $^) | sort | cksum
	@echo $(words $(sort $(foreach n,$(N),$(VAR_$(n)))))
.SECONDARY:
END
}
run()
{
	mkdir in
	(cd in &&
		seq 1 2500 | sed 's/$/.c/' | xargs touch)
	under_test make -f "$INPUT/Makefile" -j 2
	under_test make -f "$INPUT/Makefile" -q all || echo "status $?"
	under_test make -f "$INPUT/Makefile" -pn out/1.o | grep -c VAR_
}
