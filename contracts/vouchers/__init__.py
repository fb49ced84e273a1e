"""Vouchers of public data assets: issued by a registrar, handed on by their holders, revoked with a ground."""
