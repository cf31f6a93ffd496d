/*
 * symbols: the files of a profile's mappings, read by elfutils.
 *
 *   line table     file and line of an address
 *   DWARF scopes   the functions inlined there, innermost first
 *   symbol table   the function, where there is no DWARF
 *
 * A file is loaded where the profile says it was mapped.  Its build id must
 * be the profile's, if both have one: a file built anew would give wrong
 * names, which are worse than none.
 *
 * Context:    one thread.
 */
#include "cmd/symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/heapprof.h"
#include "cmd/say.h"

enum { INLINES_MAX = 64 };

struct symbols {
	struct heapprof *p;
	Dwfl *dwfl;
	Dwfl_Module **modules; /* by mapping; NULL: cannot be read */
};

static int find_elf(Dwfl_Module *m, void **user, const char *name,
	Dwarf_Addr base, char **file, Elf **elf)
{
	(void)m, (void)user, (void)name, (void)base, (void)file, (void)elf;
	return -1; /* every module is reported with its file */
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* Where the file would lie if it began at address 0. */
static bool find_bias(const struct heapprof_mapping *m, int fd, GElf_Addr *bias)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	size_t n = 0;
	bool found = false;

	if (elf != NULL && elf_getphdrnum(elf, &n) == 0) {
		for (size_t i = 0; i < n && !found; i++) {
			GElf_Phdr ph;
			if (gelf_getphdr(elf, (int)i, &ph) == NULL ||
				ph.p_type != PT_LOAD)
				continue;
			GElf_Off page = ph.p_offset & ~(GElf_Off)0xfff;
			found = page <= m->offset &&
				m->offset < ph.p_offset + ph.p_filesz;
			*bias = m->start -
				(ph.p_vaddr + (m->offset - ph.p_offset));
		}
	}
	elf_end(elf);
	return found;
}

static bool same_build(const struct heapprof_mapping *m, Dwfl_Module *module)
{
	const unsigned char *bits;
	char text[2 * 64 + 1] = "";
	GElf_Addr where;

	int n = dwfl_module_build_id(module, &bits, &where);
	if (n <= 0 || n > 64 || *m->build_id == '\0')
		return true;
	for (int i = 0; i < n; i++)
		sprintf(text + (size_t)i * 2, "%02x", bits[i]);
	return strcmp(text, m->build_id) == 0;
}

/* A file may be mapped in several pieces: they are one module. */
static Dwfl_Module *load_module(struct symbols *s, size_t mapping)
{
	const struct heapprof_mapping *m = &s->p->mappings[mapping];
	GElf_Addr bias = 0;

	if (m->file[0] != '/')
		return NULL;
	for (size_t i = 0; i < mapping; i++)
		if (s->p->mappings[i].file == m->file)
			return s->modules[i];
	int fd = open(m->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !find_bias(m, fd, &bias)) {
		warn("%s cannot be read: its functions have no names", m->file);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	Dwfl_Module *module =
		dwfl_report_elf(s->dwfl, m->file, m->file, fd, bias, true);
	if (module == NULL) {
		close(fd);
		warn("%s: %s: its functions have no names", m->file,
			dwfl_errmsg(-1));
	} else if (!same_build(m, module)) {
		warn("%s is not the file that was profiled (build ids "
		     "differ): its functions have no names",
			m->file);
		return NULL;
	}
	return module;
}

/* A name for people, of the profile. */
static const char *demangled(struct heapprof *p, const char *name)
{
	char *text = cplus_demangle(
		name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO | DMGL_RET_DROP);
	const char *kept = heapprof_string(p, text != NULL ? text : name);

	free(text);
	return kept;
}

static const char *die_name(struct heapprof *p, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) != NULL ||
		dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr) !=
			NULL)
		name = dwarf_formstring(&attr);
	if (name == NULL)
		name = dwarf_diename(die);
	return name != NULL ? demangled(p, name) : NULL;
}

/* Where an inlined function was called. */
static void take_call_site(struct heapprof *p, Dwarf_Die *unit, Dwarf_Die *die,
	struct heapprof_line *line)
{
	Dwarf_Attribute attr;
	Dwarf_Word number;
	Dwarf_Files *files;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &number) ==
			0 &&
		dwarf_getsrcfiles(unit, &files, NULL) == 0) {
		const char *file = dwarf_filesrc(files, number, NULL, NULL);
		if (file != NULL)
			line->file = heapprof_string(p, file);
	}
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &number) ==
		0)
		line->line = (int64_t)number;
}

/* The functions around an address, innermost first; how many. */
static uint32_t take_scopes(struct heapprof *p, Dwfl_Module *module,
	uint64_t address, struct heapprof_line lines[INLINES_MAX])
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
	Dwarf_Die *scopes = NULL;
	uint32_t n = 0;

	if (unit == NULL)
		return 0;
	int nscopes = dwarf_getscopes(unit, address - bias, &scopes);
	for (int i = 0; i < nscopes && n < INLINES_MAX; i++) {
		int tag = dwarf_tag(&scopes[i]);
		if (tag != DW_TAG_subprogram &&
			tag != DW_TAG_inlined_subroutine)
			continue;
		lines[n].function = die_name(p, &scopes[i]);
		if (lines[n].function == NULL)
			break;
		n++;
		if (tag == DW_TAG_subprogram)
			break;
		if (n < INLINES_MAX)
			take_call_site(p, unit, &scopes[i], &lines[n]);
	}
	free(scopes);
	return n;
}

static void resolve(struct symbols *s, struct heapprof_location *l)
{
	Dwfl_Module *module = s->modules[l->mapping];
	struct heapprof_line lines[INLINES_MAX];
	int number = 0;

	if (module == NULL)
		return;
	for (int i = 0; i < INLINES_MAX; i++)
		lines[i] = (struct heapprof_line){
			NULL, heapprof_string(s->p, ""), 0};
	Dwfl_Line *source = dwfl_module_getsrc(module, l->address);
	const char *file = source != NULL ? dwfl_lineinfo(source, NULL, &number,
						    NULL, NULL, NULL)
					  : NULL;
	if (file != NULL) {
		lines[0].file = heapprof_string(s->p, file);
		lines[0].line = number;
	}
	uint32_t n = take_scopes(s->p, module, l->address, lines);
	if (n == 0) {
		GElf_Sym symbol;
		GElf_Off offset;
		const char *name = dwfl_module_addrinfo(
			module, l->address, &offset, &symbol, NULL, NULL, NULL);
		if (name == NULL)
			return;
		lines[n++].function = demangled(s->p, name);
	}
	free(l->lines);
	l->lines = must_calloc(n, sizeof *l->lines);
	memcpy(l->lines, lines, n * sizeof *l->lines);
	l->nlines = n;
}

static bool is_wanted(const struct heapprof_location *l)
{
	return l->nlines == 0 && l->address != 0 &&
	       l->mapping != HEAPPROF_NO_MAPPING;
}

void symbols_resolve(struct heapprof *p)
{
	struct symbols s = {.p = p};
	bool *used = must_calloc(p->nmappings, sizeof *used);

	elf_version(EV_CURRENT);
	s.modules = must_calloc(p->nmappings, sizeof(Dwfl_Module *));
	s.dwfl = dwfl_begin(&callbacks);
	if (s.dwfl == NULL)
		die(STATUS_FAILED, "elfutils: %s", dwfl_errmsg(-1));
	for (size_t i = 0; i < p->nlocations; i++)
		if (is_wanted(&p->locations[i]))
			used[p->locations[i].mapping] = true;
	dwfl_report_begin(s.dwfl);
	for (size_t i = 0; i < p->nmappings; i++)
		if (used[i])
			s.modules[i] = load_module(&s, i);
	dwfl_report_end(s.dwfl, NULL, NULL);
	for (size_t i = 0; i < p->nlocations; i++)
		if (is_wanted(&p->locations[i]))
			resolve(&s, &p->locations[i]);
	dwfl_end(s.dwfl);
	free(s.modules);
	free(used);
}
