"""How traffic is measured: passenger-car and motorcycle units, plausible speeds, congestion levels."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from vision.common.object_class import ObjectClass
from vision.config.base import Config, Duration, Fraction

C = ObjectClass


class FactorTable(StrEnum):
    """Published tables of passenger-car units (PCU) and motorcycle units (MCU) by class."""

    TCXDVN_104_60 = "tcxdvn-104-2007-60"
    """Design speed 60 km/h and more."""
    TCXDVN_104_30 = "tcxdvn-104-2007-30"
    """Design speed 30 to 50 km/h."""
    TCXDVN_104_20 = "tcxdvn-104-2007-20"
    """Design speed 20 km/h and less."""
    TCVN_4054 = "tcvn-4054-2005"
    HANOI_MCU = "hanoi-mcu-2012"
    CUSTOM = "custom"


FACTORS: dict[FactorTable, dict[ObjectClass, float]] = {
    FactorTable.TCXDVN_104_60: {C.BICYCLE: 0.5, C.MOTORCYCLE: 0.5, C.CAR: 1, C.TRUCK: 2, C.BUS: 2.5},
    FactorTable.TCXDVN_104_30: {C.BICYCLE: 0.3, C.MOTORCYCLE: 0.25, C.CAR: 1, C.TRUCK: 2.5, C.BUS: 3},
    FactorTable.TCXDVN_104_20: {C.BICYCLE: 0.2, C.MOTORCYCLE: 0.15, C.CAR: 1, C.TRUCK: 2.5, C.BUS: 3.5},
    FactorTable.TCVN_4054: {C.BICYCLE: 0.2, C.MOTORCYCLE: 0.3, C.CAR: 1, C.TRUCK: 2, C.BUS: 2.5},
    FactorTable.HANOI_MCU: {C.BICYCLE: 1.4, C.MOTORCYCLE: 1, C.CAR: 3.4, C.TRUCK: 8.3, C.BUS: 10.5},
}
"""Passenger-car units a vehicle, by design speed (TCXDVN 104:2007) and plain (TCVN 4054:2005); motorcycle units
measured in Hanoi (ASCE Journal of Transportation Engineering 138(6), 2012). The detector does not distinguish axles or
seats: a truck counts as one with two axles (TCXDVN, TCVN) or as a minibus (Hanoi), a bus as a large one."""


class EquivalentsConfig(Config):
    """How many passenger-car and motorcycle units a vehicle of each class counts."""

    pcu: FactorTable = Field(
        FactorTable.TCXDVN_104_30, title="Passenger-car units", description="The table for flow in PCU/h."
    )
    mcu: FactorTable = Field(
        FactorTable.HANOI_MCU, title="Motorcycle units", description="The table for flow in MCU/h."
    )
    custom_pcu: dict[ObjectClass, float] = Field(
        default_factory=dict, title="Own passenger-car units", description="Used where the table is `custom`."
    )
    custom_mcu: dict[ObjectClass, float] = Field(
        default_factory=dict, title="Own motorcycle units", description="Used where the table is `custom`."
    )

    def pcu_factors(self) -> dict[ObjectClass, float]:
        """Passenger-car units a vehicle; a class that is not listed counts for nothing."""
        return FACTORS.get(self.pcu, self.custom_pcu)

    def mcu_factors(self) -> dict[ObjectClass, float]:
        """Motorcycle units a vehicle; a class that is not listed counts for nothing."""
        return FACTORS.get(self.mcu, self.custom_mcu)


class CongestionConfig(Config):
    """When a zone counts as dense, congested or jammed."""

    free_flow_kmh: float | None = Field(
        None,
        title="Free-flow speed in km/h",
        description="Unset: learned from the quiet hours of this camera; until then that of a city street.",
        ge=1,
        le=200,
    )
    dense_below: Fraction = Field(
        0.7, title="Dense below", description="Mean speed as a part of the free-flow speed under which a zone is dense."
    )
    congested_below: Fraction = Field(
        0.5,
        title="Congested below",
        description="As before. At capacity, traffic drives about half the free-flow speed.",
    )
    jammed_below: Fraction = Field(0.2, title="Jammed below", description="As before.")
    rise_after: Duration = Field(
        timedelta(seconds=20),
        title="Worse after",
        description="A worse level is reported when it has lasted this long.",
        ge=timedelta(seconds=1),
        le=timedelta(minutes=30),
    )
    fall_after: Duration = Field(
        timedelta(seconds=40),
        title="Better after",
        description="A better level is reported when it has lasted this long.",
        ge=timedelta(seconds=1),
        le=timedelta(minutes=30),
    )


class MeasuresConfig(Config):
    """How traffic is measured."""

    equivalents: EquivalentsConfig = Field(
        default_factory=EquivalentsConfig, title="Equivalents", description="Passenger-car and motorcycle units."
    )
    congestion: CongestionConfig = Field(
        default_factory=CongestionConfig, title="Congestion", description="When a zone is dense, congested or jammed."
    )
    queued_below_kmh: float = Field(
        5, title="Queued below km/h", description="A vehicle slower than this joins the queue.", ge=0.5, le=30
    )
    moving_above_kmh: float = Field(
        10, title="Moving above km/h", description="A queued vehicle faster than this has left the queue.", ge=1, le=60
    )
    implausible_above_kmh: float = Field(
        180,
        title="Implausible above km/h",
        description="Faster speeds are dropped, and counted as dropped.",
        ge=30,
        le=400,
    )
