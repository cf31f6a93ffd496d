/*
 * What libc keeps for itself, in its own memory and in the heap: streams,
 * locales, converters, resolver results, regular expressions, directories,
 * the environment, message catalogues, lists of processes and of printf
 * extensions.  All goes on working across cycles.
 */
/* control: no, the pointers are libc's */
#include <dirent.h>
#include <glob.h>
#include <grp.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <regex.h>
#include <time.h>
#include <wchar.h>

#include "test/gc/herd.h"

static FILE *stream, *memory, *process;
static char *memory_text;
static size_t memory_size;
static locale_t locale;
static iconv_t converter;
static struct addrinfo *addresses;
static regex_t expression;
static DIR *directory;
static glob_t found;
static char *token_state, token_text[] = "one two three";

static void open_all(void)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};

	stream = tmpfile();
	check(stream != NULL && fprintf(stream, "%d %s", 1234567, "text") > 0);
	memory = open_memstream(&memory_text, &memory_size);
	check(memory != NULL && fputs("first", memory) >= 0);
	process = popen("cat >/dev/null", "w");
	check(process != NULL);
	check(setlocale(LC_ALL, "C.UTF-8") != NULL);
	locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
	check(locale != NULL);
	converter = iconv_open("UTF-16LE", "UTF-8");
	check(converter != (iconv_t)-1);
	check(getaddrinfo("127.0.0.1", "80", &hints, &addresses) == 0);
	check(regcomp(&expression, "^(a|b)*[[:digit:]]+(c{2,5}|d)$",
		      REG_EXTENDED) == 0);
	directory = opendir("/proc/self");
	check(directory != NULL && readdir(directory) != NULL);
	check(glob("/proc/self/s*", 0, NULL, &found) == 0);
	check(setenv("GC_TEST_SET", "a value that is copied", 1) == 0);
	check(putenv(strdup("GC_TEST_PUT=this very string")) == 0);
	check(getpwuid(0) != NULL && getgrgid(0) != NULL);
	tzset();
	check(strcmp(strtok_r(token_text, " ", &token_state), "one") == 0);
	check(ungetc('x', stdin) == 'x' && ungetwc(L'y', stdin) != L'z');
}

static void use_streams(void)
{
	char text[100] = "";

	rewind(stream);
	check(fgets(text, sizeof text, stream) != NULL);
	check(strcmp(text, "1234567 text") == 0);
	check(fputs(", second", memory) >= 0 && fflush(memory) == 0);
	check(strncmp(memory_text, "first, second", 13) == 0);
	check(fputs("more", process) >= 0);
}

static void use_locales(void)
{
	char in[] = "\xc3\xa4", out[8], *from = in, *to = out;
	size_t in_left = 2, out_left = sizeof out;

	check(uselocale(locale) != NULL);
	check(strcmp(localeconv()->decimal_point, ".") == 0);
	check(uselocale(LC_GLOBAL_LOCALE) != NULL);
	check(iconv(converter, &from, &in_left, &to, &out_left) == 0);
	check(out[0] == (char)0xe4 && out[1] == 0);
}

static void use_others(void)
{
	check(addresses->ai_addr->sa_family == AF_INET);
	check(regexec(&expression, "abba42ccc", 0, NULL, 0) == 0);
	check(regexec(&expression, "abba42e", 0, NULL, 0) == REG_NOMATCH);
	check(readdir(directory) != NULL);
	check(strncmp(found.gl_pathv[found.gl_pathc - 1], "/proc/self/s", 12) ==
		0);
	check(strcmp(getenv("GC_TEST_SET"), "a value that is copied") == 0);
	check(strcmp(getenv("GC_TEST_PUT"), "this very string") == 0);
	check(strcmp(getpwuid(0)->pw_name, "root") == 0);
	check(strcmp(strtok_r(NULL, " ", &token_state), "two") == 0);
}

static void close_all(void)
{
	check(fclose(stream) == 0 && fclose(memory) == 0);
	check(pclose(process) == 0);
	check(iconv_close(converter) == 0);
	freelocale(locale);
	freeaddrinfo(addresses);
	regfree(&expression);
	globfree(&found);
	check(closedir(directory) == 0);
}

int main(void)
{
	herd_start();
	herd_plant(open_all);
	herd_collect();
	use_streams();
	use_locales();
	use_others();
	herd_collect();
	close_all();
	return 0;
}
