from __future__ import annotations

from webkiln.contract.v1.account import V1CreditUsageData, V1TokenUsageData, usage_in_v1

PERIOD = {"billingPeriodStart": "2026-11-01T00:00:00.000Z", "billingPeriodEnd": None}


def test_figures_have_their_older_names():
    left = usage_in_v1({"remainingCredits": 5, "planCredits": 9, **PERIOD})
    tokens = usage_in_v1({"remainingTokens": 75, "planTokens": 135, **PERIOD})
    assert left == {
        "remaining_credits": 5,
        "plan_credits": 9,
        "billing_period_start": "2026-11-01T00:00:00.000Z",
        "billing_period_end": None,
    }
    assert V1CreditUsageData.model_validate(left).plan_credits == 9
    assert V1TokenUsageData.model_validate(tokens).remaining_tokens == 75
