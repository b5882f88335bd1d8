"""Environments for reinforcement learning (extra `environments`): agents trade in the engine itself.

- `terms.py`: parameters of an episode, and what an action means
- `sources.py`: where messages come from: tapes and generated flows
- `observation.py`: what an agent sees, as integers and scaled
- `quoter.py`: an account that quotes a book, in plain Python
- `quote.py`: `QuoteEnv`, one market maker (Gymnasium, `gpux/Quote-v0`)
- `kernels.py`: quoting of many books in compiled code
- `quote_vector.py`: `QuoteVectorEnv`, a market maker in each of many books (Gymnasium, vectorised)
- `policies.py`: fixed quotes, and the value of a policy
- `train.py`: an example: PPO against the best fixed quotes (extra `train`)
- `stable_books.py`: many books as the environment of its trainer
- `questions.py`: `gpux bench environments`
- `makers.py`: `MakersEnv`, several makers and takers in one book (PettingZoo)

Importing this package registers the names with Gymnasium.
"""

import sys

from bench.extras import check_package
from exchange.errors import UserError

try:
    for package in ("gymnasium", "pettingzoo"):
        check_package("bench.environments", package, "environments")
except UserError as error:
    # While Python locates the program of `python -m`, which cannot catch this yet, argv has -m in place of its name.
    if sys.argv[:1] == ["-m"]:
        sys.exit(str(error))
    raise

import gymnasium  # after the check, which names the extra

gymnasium.register(
    "gpux/Quote-v0",
    entry_point="bench.environments.quote:QuoteEnv",
    vector_entry_point="bench.environments.quote_vector:QuoteVectorEnv",
)
