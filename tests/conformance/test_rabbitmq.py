"""What RabbitMQ alone may do."""

from contextlib import closing
from uuid import UUID

import pytest

from app.queue.messages import RenderCalendar
from tests.support.brokers import RabbitmqUnderTest, open_sender


def test_a_send_is_confirmed_so_a_queue_that_vanished_is_noticed_and_made_again(
    rabbitmq: RabbitmqUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_sender(rabbitmq, monkeypatch)) as sender:
        sender.enqueue(RenderCalendar(UUID(int=1)).encode())
        rabbitmq.delete_queue()
        sender.enqueue(RenderCalendar(UUID(int=2)).encode())
        assert rabbitmq.waiting() == 1
