"""The physical counterparts of the drivers: one file a driver, under the driver's name, with one class `Body`."""
