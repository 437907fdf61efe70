"""Passes work from thread to thread, and lets a signal through to the main one."""

import concurrent.futures, os, queue, signal, threading

work, done = queue.Queue(), []


def serve():
    while (number := work.get()) is not None:
        done.append(number * number)


threads = [threading.Thread(target=serve) for _ in range(4)]
for thread in threads:
    thread.start()
for number in range(100):
    work.put(number)
for _ in threads:
    work.put(None)
for thread in threads:
    thread.join()
assert sorted(done) == [number * number for number in range(100)]
with concurrent.futures.ThreadPoolExecutor() as pool:
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
seen = []
signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
os.kill(os.getpid(), signal.SIGUSR1)
assert seen == [signal.SIGUSR1]
print("ok threads.py")
