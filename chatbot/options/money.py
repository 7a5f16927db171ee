"""Amounts of money as a person says them: of one question, of a day, of a million tokens.

What reads them loads with the first of them: most questions go without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot.core.cost.price import Price


class Usd(float):
    """Dollars, read from `0.05`, `$0.05`, `0.05 USD`. Raises ValueError for what is none."""

    def __new__(cls, text: str | float) -> Usd:
        if isinstance(text, str):
            from chatbot.core.cost.price import amount

            text = float(amount(text.strip().removeprefix("$").upper().removesuffix("USD").strip()))
        return super().__new__(cls, text)


class BudgetText(str):
    """A budget as it is written, `5 USD/day`. Raises ValueError for what is none."""

    def __new__(cls, text: str) -> BudgetText:
        from chatbot.core.cost.budget import read_budget

        read_budget(text)
        return super().__new__(cls, text.strip())


class PriceText(str):
    """USD per million tokens in, out, and perhaps from the provider's cache: `2.50/10`, `2.50/10/1.25`. Raises
    ValueError for what is none.
    """

    def __new__(cls, text: str) -> PriceText:
        made = super().__new__(cls, text.strip())
        made.price()
        return made

    def price(self) -> Price:
        """The price it means, of no date."""
        from chatbot.core.cost.price import Price, Rate, amount

        rates = [Rate(amount(part.strip().removeprefix("$"))) for part in self.split("/")]
        if len(rates) not in (2, 3):
            raise ValueError(self)
        return Price(rates[0], rates[1], rates[2] if len(rates) == 3 else None)
