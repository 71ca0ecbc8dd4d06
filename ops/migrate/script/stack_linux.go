package script

/*
#cgo CFLAGS: -D_GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>

// roomy sees to it that threads have the 8 MB of stack that they usually have on Linux: musl's have 128 kB, and a process
// may be started with a lower limit. A parser that finds no room ends the whole process.
__attribute__((constructor)) static void roomy(void) {
	const size_t want = 8 << 20;
	struct rlimit first; // of the first thread, whose stack grows while it may
	if (getrlimit(RLIMIT_STACK, &first) == 0 && first.rlim_cur < want) {
		first.rlim_cur = first.rlim_max < want ? first.rlim_max : want;
		setrlimit(RLIMIT_STACK, &first);
	}
	pthread_attr_t others;
	size_t size;
	if (pthread_getattr_default_np(&others) != 0)
		return;
	if (pthread_attr_getstacksize(&others, &size) == 0 && size < want && pthread_attr_setstacksize(&others, want) == 0)
		pthread_setattr_default_np(&others);
	pthread_attr_destroy(&others);
}
*/
import "C"

// maxDepth is how many words of a statement may lie within one another.
const maxDepth = 4_000
