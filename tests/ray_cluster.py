"""A Ray cluster of two nodes on this machine, each with processes of its own, whose workers are killed."""

import os
import signal
import threading
from contextlib import contextmanager
from pathlib import Path

import psutil
from killed_sweeps import LOG, log_what_is_written

from mosecrot_core.runs import ray_executor
from mosecrot_core.runs.ray_executor import do_task, on_ray
from mosecrot_core.runs.report import NoProgress
from mosecrot_core.runs.sweep import load_sweep
from mosecrot_core.runs.sweeping import run_sweep

_logging = []


def logged_task(sweep, key, *needs):
    """Do a task in a process that writes down what it writes."""
    if not _logging:
        log_what_is_written(Path(os.environ["MOSECROT_TEST_LOG"]))
        _logging.append(True)
    return do_task(sweep, key, *needs)


@contextmanager
def two_nodes(log):
    """Start a head and another node with one core each; give the cluster and the second node."""
    from ray.cluster_utils import Cluster

    here = str(Path(__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    os.environ["MOSECROT_TEST_LOG"] = str(log)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        yield cluster, cluster.add_node(num_cpus=1)
    finally:
        cluster.shutdown()


def ray_workers(cluster):
    """Find the processes of all nodes that are at a task."""
    found = []
    for node in cluster.list_all_nodes():
        for info in node.all_processes.get("raylet", []):
            try:
                found += [
                    child
                    for child in psutil.Process(info.process.pid).children(recursive=True)
                    if "logged_task" in " ".join(child.cmdline())
                ]
            except psutil.Error:
                continue
    return found


def sweep_on_ray(folder, address):
    """Run the sweep of a folder on a cluster."""
    ray_executor.do_task = logged_task
    sweep = load_sweep(folder / "small.yaml", folder / "runs", attempts=100, lease=20.0)
    try:
        return run_sweep(sweep, on_ray(address), NoProgress())
    finally:
        ray_executor.do_task = do_task


def kill_ray_workers(folder, kills, rng, longest=2.0):
    """Run the sweep on two nodes, kill workers at random, and remove a node; return how many were killed."""
    with two_nodes(folder / LOG) as (cluster, second):
        ended, killed = threading.Event(), []

        def kill():
            while len(killed) < kills and not ended.wait(rng.uniform(0, longest)):
                for process in rng.sample(found := ray_workers(cluster), k=min(1, len(found))):
                    process.send_signal(signal.SIGKILL)
                    killed.append(process.pid)
                if len(killed) == kills // 2 and second in cluster.list_all_nodes():
                    cluster.remove_node(second, allow_graceful=False)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            sweep_on_ray(folder, cluster.address)
        finally:
            ended.set()
            killer.join()
        assert second not in cluster.list_all_nodes()
    return len(killed)
