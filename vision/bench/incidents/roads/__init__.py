"""The roads of the simulation: what SUMO drives on, what an operator drew, and what can go wrong there."""

from vision.bench.incidents.roads.base import Demand, Road, Site
from vision.bench.incidents.roads.junction import JUNCTION
from vision.bench.incidents.roads.motorway import MOTORWAY
from vision.bench.incidents.roads.street import STREET

ROADS: dict[str, Road] = {road.name: road for road in (JUNCTION, MOTORWAY, STREET)}

__all__ = ["ROADS", "Demand", "Road", "Site"]
