import os

# Before torch is imported anywhere: tests run beside one another on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a thread that waits must not keep a core
