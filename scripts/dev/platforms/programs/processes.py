"""Shares work among processes, each started anew and then forked, with a lock and shared memory."""

import multiprocessing as mp
from multiprocessing import shared_memory


def add(name, lock):
    block = shared_memory.SharedMemory(name, track=False)
    with lock:
        block.buf[0] += 1
    block.close()


if __name__ == "__main__":
    for method in ("spawn", "fork"):
        context = mp.get_context(method)
        block = shared_memory.SharedMemory(create=True, size=1)
        block.buf[0] = 0
        lock = context.Lock()
        workers = [context.Process(target=add, args=(block.name, lock)) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert block.buf[0] == 3 and all(worker.exitcode == 0 for worker in workers), method
        block.close()
        block.unlink()
    print("ok processes.py")
