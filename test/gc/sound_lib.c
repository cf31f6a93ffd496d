/*
 * What sound_programs.sh preloads beside the library: stderr of every process
 * that it reaches goes to the file in GC_TEST_STDERR, so that no report of the
 * library is lost to a redirection and none changes a program's output.  Many
 * programs close stderr before they end: it is opened for what comes after.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void stderr_to_file(void)
{
	const char *path = getenv("GC_TEST_STDERR");
	const int fd =
		path == NULL ? -1
			     : open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (fd >= 0 && fd != STDERR_FILENO) {
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
}

__attribute__((destructor)) static void stderr_again(void)
{
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		stderr_to_file();
}
