"""What a subscription is, and what it costs."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

CENT = Decimal("0.01")


class Plan(Enum):
    BASIC = "basic"
    TEAM = "team"

    @property
    def price(self) -> Decimal:
        return {Plan.BASIC: Decimal("9.90"), Plan.TEAM: Decimal("24.50")}[self]


@dataclass(frozen=True, slots=True)
class Subscription:
    customer: str
    plan: Plan
    seats: int
    discount: Decimal = Decimal(0)  # a share, 0 to 1
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.seats < 1:
            raise ValueError(f"{self.customer}: a subscription has at least 1 seat, not {self.seats}")
        if not 0 <= self.discount <= 1:
            raise ValueError(f"{self.customer}: the discount is a share from 0 to 1, not {self.discount}")

    @classmethod
    def parse(cls, record: dict[str, Any]) -> "Subscription":
        return cls(**{**record, "plan": Plan(record["plan"]), "discount": Decimal(record.get("discount", "0"))})

    @property
    def monthly(self) -> Decimal:
        full = self.plan.price * self.seats
        return (full * (1 - self.discount)).quantize(CENT, ROUND_HALF_UP)


@dataclass(order=True)
class Invoice:
    customer: str
    total: str
    lines: list[str] = field(compare=False)
