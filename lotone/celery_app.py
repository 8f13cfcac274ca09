"""How is Celery set up? Its messages only say "look at the jobs table"; losing one costs time, never work."""

from typing import Any

from celery import Celery

from ledger.settings import Settings
from lotone.folders import SCHEME

RUN_JOBS = "lotone.run_jobs"
_POLL_S = 0.05


def make_celery(settings: Settings) -> Celery:
    """The application on the settings' broker: RabbitMQ with quorum queues, or folders under ``home``."""
    app = Celery("lotone", set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure_or_timeout=True,
        task_ignore_result=True,
        task_default_queue="lotone.jobs",
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        **(_rabbitmq(settings) if settings.broker_url else _folders(settings)),
    )
    return app


def _rabbitmq(settings: Settings) -> dict[str, Any]:
    return {
        "broker_url": settings.broker_url,
        "broker_transport_options": {"confirm_publish": True},
        "task_default_queue_type": "quorum",
        "task_default_exchange_type": "topic",
    }


def _folders(settings: Settings) -> dict[str, Any]:
    home = settings.home.absolute() / "celery"
    folders = {"data_folder_in": home / "queue", "data_folder_out": home / "queue", "control_folder": home / "control"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": f"{SCHEME}://localhost",
        "broker_transport_options": {**{name: str(folder) for name, folder in folders.items()}, "polling_interval": _POLL_S},
    }
