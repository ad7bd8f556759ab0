# SPDX-License-Identifier: Apache-2.0
"""What processes and all their children use: CPU time when they have ended, memory at its peak."""
import contextlib
import os
import pathlib
import signal
import subprocess
import threading

EACH_S = 0.05
TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid):
    pids = [pid]
    for at in pids:
        try:
            for path in pathlib.Path(f"/proc/{at}/task").glob("*/children"):
                pids += [int(child) for child in path.read_text().split()]
        except OSError:  # it has ended meanwhile
            continue
    return pids


def own_kib(pid):
    """A process's memory without pages of files; 0 when it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "RssShmem")))


def cpu_s(pid):
    """So far, of a process that goes on, without its children."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Meter:
    """Watches what is started through it. After `seconds` it kills all of that: a CA that hangs
    holds nobody up."""

    def __init__(self, seconds):
        self.seconds, self.roots = seconds, set()
        self.cpu_s, self.peak_kib = 0.0, 0
        self.is_over, self.is_killed = threading.Event(), False
        self.lock = threading.Lock()

    def __enter__(self):
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()
        self.kill()

    def look(self):
        left = self.seconds
        while not self.is_over.wait(EACH_S):
            with self.lock:
                roots = list(self.roots)
            kib = sum(own_kib(pid) for root in roots for pid in tree(root))
            self.peak_kib = max(self.peak_kib, kib)
            left -= EACH_S
            if left <= 0:
                self.is_killed = True
                self.kill()
                return

    def kill(self):
        with self.lock:
            for root in self.roots:
                for pid in tree(root):
                    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                        os.kill(pid, signal.SIGKILL)

    def start(self, words, **how):
        process = subprocess.Popen([str(word) for word in words], **how)
        with self.lock:
            self.roots.add(process.pid)
        return process

    def wait(self, process):
        """Its exit code; what it used, children included, is added to cpu_s."""
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self.lock:
            self.roots.discard(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            self.cpu_s += used.ru_utime + used.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode

    def stop(self, process):
        os.kill(process.pid, signal.SIGTERM)  # send_signal() would reap one that was killed
        return self.wait(process)
