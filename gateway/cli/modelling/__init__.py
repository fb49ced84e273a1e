"""Commands of joint models: departments linked to a federation, training, the Flower apps of others that a node runs,
and a released model agreed to as an asset."""
