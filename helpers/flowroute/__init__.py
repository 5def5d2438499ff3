"""Talking to Flowroute: the client, what it gives back, and what can go wrong."""

from helpers.flowroute.client import ApiVersion, CallbackKind, FlowrouteClient
from helpers.flowroute.errors import (
    ApiError,
    ConnectionFailed,
    FlowrouteError,
    Forbidden,
    InvalidRequest,
    LiveGuardRefused,
    NotFound,
    OptedOut,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    Unauthorized,
)
from helpers.flowroute.exchange import Exchange
from helpers.flowroute.history import DayOfMessages, ReceiptTimeline, day_of_messages
from helpers.flowroute.numbers import NumberNotAvailable, NumberOnSale, NumbersClient, OwnNumber
from helpers.flowroute.records import MessageRecord, Price, Receipt, SentMessage

__all__ = [
    "ApiError",
    "ApiVersion",
    "CallbackKind",
    "ConnectionFailed",
    "DayOfMessages",
    "Exchange",
    "FlowrouteClient",
    "FlowrouteError",
    "Forbidden",
    "InvalidRequest",
    "LiveGuardRefused",
    "MessageRecord",
    "NotFound",
    "NumberNotAvailable",
    "NumberOnSale",
    "NumbersClient",
    "OptedOut",
    "OutcomeUnknown",
    "OwnNumber",
    "Price",
    "RateLimited",
    "Receipt",
    "ReceiptTimeline",
    "SentMessage",
    "ServerError",
    "Unauthorized",
    "day_of_messages",
]
