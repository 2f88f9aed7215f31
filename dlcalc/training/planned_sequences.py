"""Embeddings and recurrent layers as rows of a plan."""

from __future__ import annotations

from dataclasses import replace

from ..kernels.cpu.steps.maps import ACTIVATIONS
from ..networks.kinds import KINDS
from ..networks.table import Row
from .plan import Buffer, Parameter
from .planning import Data, Planning


class Sequences(Planning):
    """Layers that read time steps."""

    def _embedding(self, row: Row) -> Data:
        x = self.read(row)
        if not x.whole:
            raise self.refused(row, "it reads indices of words, so it comes first")
        v, n = self.one(row, "v"), self.one(row, "n")
        table = self.parameter(row, "weight", (v, n), "table", fans=(v, n))
        return self.through("embedding", x, "steps", (x.size, n), w=table, rows=x.size, width=n)

    def _rnn(self, row: Row) -> Data:
        inside = self.inside(row) or "tanh"
        if inside not in ("tanh", "relu", "sigmoid"):
            raise self.refused(row, f"there is no recurrent cell with {inside[:30]}")
        return self._recurrent(row, ACTIVATIONS.index(inside))

    def _lstm(self, row: Row) -> Data:
        return self._recurrent(row)

    def _gru(self, row: Row) -> Data:
        return self._recurrent(row)

    def _attention(self, row: Row) -> Data:
        """Queries, keys and values of one sequence, of two or of three; each through weights of its own."""
        values = [self.as_steps(self.read(row, index)) for index in range(len(row.layer.inputs))]
        query, key, value = (values * 3)[:3] if len(values) == 1 else (*values, values[-1])[:3]
        heads, settings = self.one(row, "h"), row.layer.settings
        size = self.number(row, settings.get("d_k", query.width // heads))
        wide = self.number(row, settings.get("d_v", size))
        biased = row.count("biases") != 0
        q, k, v = (self._projected(row, name, x, heads * each, biased)
                   for name, x, each in (("q", query, size), ("k", key, size), ("v", value, wide)))  # fmt: skip
        y = self.made("attention", "steps", (query.rows, heads * wide), True)
        self.link("attention", q, y, key=k.buffer, value=v.buffer, d_key=k.d, d_value=v.d,
                  kept=Buffer(f"{self.layer} shares", heads * q.rows * k.rows), heads=heads, queries=q.rows,
                  keys=k.rows, size=size, wide=wide)  # fmt: skip
        return self._projected(row, "out", y, self.number(row, row.output[-1]), biased)

    def _projected(self, row: Row, name: str, x: Data, outputs: int, biased: bool) -> Data:
        """A dense layer at every step."""
        fans = x.width, outputs
        weight = self.parameter(row, f"{name}_proj_weight", (outputs, x.width), "weight", groups=1, fans=fans)
        bias = self.parameter(row, f"{name}_proj_bias", (outputs,), "bias", fans=fans) if biased else None
        found = self.through("dense", x, "steps", (x.rows, outputs), w=weight, b=bias, rows=x.rows, inputs=x.width,
                             outputs=outputs, transposed=Buffer("transposed", fixed=x.width * outputs))  # fmt: skip
        return found if found.d else replace(found, d=Buffer(f"d {self.layer} {name}", found.size))

    def _recurrent(self, row: Row, kind: int = 1) -> Data:
        """Layers of cells above each other, each in one direction or both."""
        gates, m = KINDS[row.layer.kind].gates, self.one(row, "m")
        if gates > 1 and self.inside(row) not in ("", "tanh"):
            raise self.refused(row, f"there is no gated cell with {self.inside(row)[:30]}")
        both, layers = self.one(row, "D"), self.one(row, "L")
        biased = self.flag(row, "bias", True)
        two = gates == 3 and row.count("biases") == 6 * m * layers * both
        x = self.as_steps(self.read(row))
        for layer in range(layers):
            last = layer == layers - 1
            sequence = not last or self.flag(row, "sequence")
            steps, n = x.shape
            d_x = x.d is not None
            out: Data | None = None
            for reverse in (False, True)[:both]:
                end = f"_l{layer}{'_reverse' if reverse else ''}"
                w_ih = self.parameter(row, f"weight_ih{end}", (gates * m, n), "weight", groups=1, gates=gates,
                                      fans=(n, m))  # fmt: skip
                w_hh = self.parameter(row, f"weight_hh{end}", (gates * m, m), "recurrent", groups=1, gates=gates,
                                      fans=(m, m))  # fmt: skip
                b, b_hh = (
                    self.parameter(row, f"{name}{end}", (gates * m,), "bias", gates=gates, fans=(m, m)) if has else None
                    for name, has in (("bias_ih", biased), ("bias_hh", biased and two))
                )
                trained = d_x or w_ih.trained
                if out is None:
                    shape = (steps, m * both) if sequence else (m * both,)
                    out = self.made("h", "steps" if sequence else "vector", shape, trained)
                self._cell(row.layer.kind, x, out, (w_ih, w_hh, b, b_hh), steps, m, reverse, kind, gates, sequence)
            assert out is not None
            x = out
        return x

    def _cell(self, kind: str, x: Data, out: Data, weights: tuple[Parameter | None, ...], steps: int, m: int,
              reverse: bool, activation: int, gates: int, sequence: bool) -> None:  # fmt: skip
        """One direction of one layer: the cell at every step, and what is read of its states."""
        h = Data(Buffer(f"{self.layer} states", (steps + 1) * m), "steps", (steps + 1, m),
                 Buffer(f"d {self.layer} states", steps * m) if out.d else None)  # fmt: skip
        w_ih, w_hh, b, b_hh = weights
        kept = {"lstm": (steps + 1) * m, "gru": steps * 3 * m}.get(kind, 0)
        carried = self.carried and not reverse
        n = x.shape[1]
        self.step(kind, x=x.buffer, y=h.buffer, dx=x.d, dy=h.d, w_ih=w_ih, w_hh=w_hh, b=b, b_hh=b_hh,
                  sums=Buffer(f"{self.layer} gates", steps * gates * m), h=h.buffer,
                  state=Buffer(f"{self.layer} state", m, forever=True) if carried else None,
                  cells=Buffer(f"{self.layer} cells", kept) if kept else 0, steps=steps, inputs=n, m=m,
                  reverse=reverse, transposed=Buffer("transposed", fixed=gates * m * max(n, m)), kind=activation,
                  carry=Buffer("carry", m) if kind == "lstm" else 0,
                  cell_state=Buffer(f"{self.layer} cell", m, forever=True) if carried and kind == "lstm" else None,
                  )  # fmt: skip
        self.step("states", x=h.buffer, y=out.buffer, dx=h.d, dy=out.d, steps=steps, m=m, reverse=reverse,
                  column=m if reverse else 0, width=out.width, sequence=sequence)  # fmt: skip
