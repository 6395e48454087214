"""From a URL to a broker: the one place that knows every kind."""

from datetime import timedelta

import dramatiq
from dramatiq import Middleware

from app.domain.brokers import RabbitmqAddress, RedisAddress, SqsAddress
from app.queue.broker import BrokerMisconfigured, JobBroker
from app.queue.encoding import StrictEncoder
from app.settings import Settings


def open_broker(
    settings: Settings, *, patience: timedelta, middleware: list[Middleware] | None = None
) -> JobBroker:
    """Make a broker that gives up on a call after about ``patience``; nothing is connected yet.

    Raises ``BrokerMisconfigured`` where a library or AWS's own settings are missing.
    """
    dramatiq.set_encoder(StrictEncoder())
    try:
        return _open(settings, patience, middleware or [])
    except (ValueError, TypeError, SyntaxError) as error:
        # A URL's parameters are the client library's to read: ?socket_timeout=soon.
        raise BrokerMisconfigured(f"the URL has a parameter that makes no sense: {error}") from None


def _open(settings: Settings, patience: timedelta, middleware: list[Middleware]) -> JobBroker:
    # Each kind brings a client library that takes long to load: only the one that is used is.
    # ruff: noqa: PLC0415
    match settings.broker_url:
        case RedisAddress() as address:
            from app.queue.redis import open_redis

            return open_redis(address, patience=patience, middleware=middleware)
        case SqsAddress() as address:
            from app.queue.sqs.broker import SqsBroker

            return SqsBroker(
                address,
                patience=patience,
                middleware=middleware,
                visibility=settings.sqs_visibility,
                create_queues=settings.create_queues,
            )
        case RabbitmqAddress() as address:
            try:
                from app.queue.rabbitmq import open_rabbitmq
            except ModuleNotFoundError as error:
                if error.name != "pika":
                    raise
                raise BrokerMisconfigured(
                    "RabbitMQ needs an extra that is not installed: pip install 'taskoverflow[rabbitmq]'"
                ) from None
            return open_rabbitmq(address, patience=patience, middleware=middleware)
