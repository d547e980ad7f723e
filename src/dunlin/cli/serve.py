"""dunlin serve: web and jobs together, for one machine."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import click
from django.conf import settings

from dunlin.actions.nightly import keep_schedule
from dunlin.cli.init import prepare


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, help="Port; the next free one is taken when it is busy."
)
@click.option("--no-jobs", is_flag=True, help="Web only; jobs run elsewhere (`dunlin run jobs`).")
def serve(host: str, port: int, no_jobs: bool) -> None:
    """Serve the desk and run its jobs until stopped."""
    prepare()
    port = free_port(host, port)
    click.echo(f"Dunlin is at http://{host}:{port}/   (Ctrl+C stops it)")
    run_processes(host, port, jobs=not no_jobs)


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the first free port of the twenty after it."""
    for port in range(wanted, wanted + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise click.ClickException(f"no free port from {wanted} to {wanted + 19} on {host}")


def run_processes(host: str, port: int, jobs: bool) -> None:
    """Start the processes, wait, and end both when one ends or a signal comes."""
    if jobs:
        keep_schedule()
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(settings.ENVIRONMENT.workers), "--blocking-threads", "4", "--log-level", "warning",
        "dunlin.config.wsgi:application",
    ]  # fmt: skip
    commands = [web] + ([[sys.executable, "-m", "django", "qcluster"]] if jobs else [])
    processes = [subprocess.Popen(command) for command in commands]  # noqa: S603  our own programs

    def stop(*_: object) -> None:
        for process in processes:
            if process.poll() is None:
                process.terminate()

    signal.signal(signal.SIGTERM, stop)
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    stop()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
