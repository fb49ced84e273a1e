"""What burdens a unit: mortgages, seizures, objections, pre-notices, rights of residence, responsibilities."""
