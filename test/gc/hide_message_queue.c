/* Pointers in a message that nobody has received yet. */
/* expect: limit, pointers in message queues */
#include <sys/msg.h>

#include "test/gc/herd.h"

static int queue;

struct message {
	long type;
	void *pointer;
};

static void plant(void)
{
	queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	check(queue >= 0);
	for (uint32_t i = 0; i < HERD_USUAL; i++) {
		struct message m = {.type = 1, .pointer = herd_add(16 + i)};
		check(msgsnd(queue, &m, sizeof m.pointer, 0) == 0);
	}
}

int main(void)
{
	const int status = herd_run(plant);

	check(msgctl(queue, IPC_RMID, NULL) == 0);
	return status;
}
