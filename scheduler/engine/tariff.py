"""What does a kilowatt-hour cost, and when?"""

from datetime import timedelta

from scheduler.engine.calendar import hours_on, local_day
from scheduler.engine.plant import Plant


def energy_price(plant: Plant, moment: int) -> int:
    """Minor units a kWh at a moment."""
    today = local_day(plant, moment)
    for band in plant.tariff.bands:
        for day in (today, today - timedelta(days=1)):
            stretch = hours_on(plant, band, day)
            if stretch is not None and stretch[0] <= moment < stretch[1]:
                return band.price_minor_per_kwh
    return plant.tariff.price_minor_per_kwh
