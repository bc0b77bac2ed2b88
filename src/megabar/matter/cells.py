"""The diamond anvil cell: anvils, gasket, cavity, coil."""
