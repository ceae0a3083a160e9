"""The figures of the speed budgets, measured from outside; ratios in one run, never a verdict."""
