"""The simulated roads: their networks, camera sites and scripted incidents."""

from vision.bench.simulation.roads.base import Demand, Road, Site
from vision.bench.simulation.roads.junction import JUNCTION
from vision.bench.simulation.roads.motorway import MOTORWAY
from vision.bench.simulation.roads.street import STREET

ROADS: dict[str, Road] = {road.name: road for road in (JUNCTION, MOTORWAY, STREET)}

__all__ = ["ROADS", "Demand", "Road", "Site"]
