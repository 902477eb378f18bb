"""The quick part of the validation of fits: what a curve cannot tell, and honest intervals."""

import json

from tests.scripts import script
