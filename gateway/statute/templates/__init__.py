"""What officers do with matters beside data sharing: custody of items, incidents, credit lists, materials handed in
once, actions by quorum, vouchers."""
