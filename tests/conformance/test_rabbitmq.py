"""What RabbitMQ alone may do."""

import socket
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import pytest

from app.queue.broker import BrokerUnreachable
from app.queue.messages import RenderCalendar
from app.queue.open import open_broker
from app.settings import Settings
from tests.support.brokers import RabbitmqUnderTest, open_sender


def test_a_send_is_confirmed_so_a_queue_that_vanished_is_noticed_and_made_again(
    rabbitmq: RabbitmqUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_sender(rabbitmq, monkeypatch)) as sender:
        sender.enqueue(RenderCalendar(UUID(int=1)).encode())
        rabbitmq.delete_queue()
        sender.enqueue(RenderCalendar(UUID(int=2)).encode())
        assert rabbitmq.waiting() == 1


def test_a_server_that_is_too_slow_to_greet_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"amqp://127.0.0.1:{silent.getsockname()[1]}"
        settings = Settings.model_validate({"database_url": "postgresql://nowhere/none", "broker_url": url})
        with (
            closing(open_broker(settings, patience=timedelta(seconds=0.1))) as broker,
            pytest.raises(BrokerUnreachable, match="Timeout during AMQP handshake"),
        ):
            broker.check()
