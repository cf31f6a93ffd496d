/*
 * locate: see locate.h.
 *
 * The command is found by /proc/self/exe, so that a tree may be moved after
 * it was installed.
 *
 * Context:    one thread.
 */
#include "cmd/locate.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cmd/say.h"

/* The folder that the command lies in; NULL: cannot tell. */
static char *own_folder(void)
{
	char *path = realpath("/proc/self/exe", NULL);

	if (path == NULL) /* there is no /proc */
		path = realpath((const char *)getauxval(AT_EXECFN), NULL);
	if (path != NULL)
		*strrchr(path, '/') = '\0';
	return path;
}

/* The first file that matches the pattern, absolute; or NULL. */
static char *first_match(const char *pattern)
{
	glob_t found;
	char *path = NULL;

	if (glob(pattern, 0, NULL, &found) == 0)
		path = realpath(found.gl_pathv[0], NULL);
	globfree(&found);
	return path;
}

char *locate_try_library(const char *name)
{
	static const char *const places[] = {
		"%s/%s", "%s/../lib/%s", "%s/../lib64/%s", "%s/../lib/*/%s"};
	char *folder = own_folder(), *path = NULL;

	for (size_t i = 0; folder != NULL && path == NULL &&
			   i < sizeof places / sizeof places[0];
		i++) {
		char pattern[4200];
		snprintf(pattern, sizeof pattern, places[i], folder, name);
		path = first_match(pattern);
	}
	free(folder);
	return path;
}

char *locate_library(const char *name)
{
	char *path = locate_try_library(name);

	if (path == NULL)
		die(STATUS_SETUP,
			"there is no %s beside this command nor in its ../lib: "
			"name it by --lib",
			name);
	return path;
}

static enum locate_result check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return LOCATE_NOT_FOUND;
	return S_ISREG(st.st_mode) && access(path, X_OK) == 0
		       ? LOCATE_FOUND
		       : LOCATE_NOT_RUNNABLE;
}

enum locate_result locate_command(const char *word, char **path)
{
	const char *list = getenv("PATH");
	enum locate_result worst = LOCATE_NOT_FOUND;

	if (strchr(word, '/') != NULL) {
		*path = must_copy(word);
		return check_file(word);
	}
	if (list == NULL)
		list = "/usr/local/bin:/usr/bin:/bin";
	for (; *list != '\0'; list += *list == ':') {
		size_t len = strcspn(list, ":");
		*path = must_format(
			"%.*s%s%s", (int)len, list, len > 0 ? "/" : "./", word);
		enum locate_result r = check_file(*path);
		if (r == LOCATE_FOUND)
			return r;
		if (r == LOCATE_NOT_RUNNABLE)
			worst = r;
		free(*path);
		list += len;
	}
	*path = must_copy(word);
	return worst;
}

static bool is_secure(const char *path, int fd)
{
	struct stat st;

	if (geteuid() != 0 && fstat(fd, &st) == 0 &&
		(((st.st_mode & S_ISUID) != 0 && st.st_uid != geteuid()) ||
			((st.st_mode & S_ISGID) != 0 &&
				st.st_gid != getegid())))
		return true;
	return geteuid() != 0 &&
	       getxattr(path, "security.capability", NULL, 0) > 0;
}

/* What the program headers of an ELF file say. */
static enum locate_kind elf_kind(int fd)
{
	Elf64_Ehdr header;
	Elf64_Phdr ph;
	const union {
		uint16_t half;
		uint8_t bytes[2];
	} order = {.half = 1};

	if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
		header.e_ident[EI_CLASS] != ELFCLASS64 ||
		header.e_ident[EI_DATA] !=
			(order.bytes[0] == 1 ? ELFDATA2LSB : ELFDATA2MSB))
		return LOCATE_FOREIGN;
	for (int i = 0; i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff +
				   (Elf64_Off)i * header.e_phentsize);
		if (pread(fd, &ph, sizeof ph, at) == (ssize_t)sizeof ph &&
			ph.p_type == PT_INTERP)
			return LOCATE_DYNAMIC;
	}
	return LOCATE_STATIC;
}

enum locate_kind locate_program_kind(const char *path)
{
	char magic[SELFMAG] = "";
	enum locate_kind kind = LOCATE_DYNAMIC;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return LOCATE_DYNAMIC; /* cannot tell: the loader will */
	if (pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
		memcmp(magic, ELFMAG, SELFMAG) == 0)
		kind = is_secure(path, fd) ? LOCATE_SECURE : elf_kind(fd);
	close(fd);
	return kind;
}
