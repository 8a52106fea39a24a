"""A retailer with known truth: the world from which the product's histories come.

No public data carries these exception types, so they are made, for reasons. Three regions with 400 stores and their
distribution centres sell 1,200 articles with seasonal, promotional and intermittent demand to 24,000 customers.
Underneath run processes nobody reports: records drift from the shelf, people fall ill, systems lag, approvers have
weekends, suppliers slip, carriers break down for a whole region at once, crowds come, price runs fail, rings of people
return what they did not buy. Together they give every cause a rate at every node in every hour (`causes`). From those
rates come exceptions, cause first; a cause breaks a workflow step and that decides the type (`symptoms`).

What is emitted is what real systems emit: a code that several types share, free text with noise, a type that is
missing or wrong, and facts from recorded rather than true state, some of them absent for reasons (`snapshot`,
`messages`). People then acted by habit and some exploration, with known propensities (`decisions`); what followed
came from the true state and the action (`outcomes`).

The same seed, end and count give the same bytes, whatever the number of processes. Any accuracy measured on these
histories is accuracy on simulated data and must be labelled **simulated**.
"""

from data.simulator.history import WEEKS, simulate, write_history
from data.simulator.live import live_cases

__all__ = ["WEEKS", "live_cases", "simulate", "write_history"]
