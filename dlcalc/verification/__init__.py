"""What checks the bank and the marker by independent routes: nothing here is computed by what it checks.

`second_count.differs` counts what a variant asks a second time, from definitions (`counting`, `loops`, `loops_in_time`,
`listing`) or by the kernels; `bank_check.check` puts a problem under stress; `self_test.self_test` marks hand-ins of
which it is known what must come out, in all notations (`notations`).
"""
