"""Images decoded before they are asked for: no more than fits a bound, and none kept that nobody will ask for."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_images import files_of, pixels

from auditkit import ModelError
from auditkit.images import Images, Reading


@pytest.fixture
def films(tmp_path):
    return list(files_of(tmp_path, [pixels(seed, shape=(8, 8, 3)) for seed in range(6)]))


def prepared(image):
    return np.asarray(image, dtype=np.float32).transpose(2, 0, 1)


def images(**changes):
    found = Images(prepared, 3, Reading(), **changes)
    found.prepare = lambda image: prepared(image.resize((8, 8)))
    found.blank()
    return found


def test_no_more_is_begun_than_the_bound_allows_and_the_rest_is_decoded_in_its_turn(films):
    one = 3 * 8 * 8 * 4  # bytes of one prepared image
    bounded, free = images(most_begun=2 * one + 1), images()
    bounded.ahead(films)
    free.ahead(films)
    assert (len(bounded._begun), len(free._begun)) == (2, 6)
    assert np.array_equal(bounded.batch(films), free.batch(films))
    assert bounded._begun == free._begun == {}


def test_what_was_begun_and_is_not_asked_for_next_is_let_go_of(films):
    """As when the next batch's answers were kept from before: it is begun, and never predicted."""
    found = images()
    found.ahead(films[2:4])
    found.batch(films[:2])
    assert set(found._begun) == set(films[2:4])  # it may be the next
    found.batch(films[4:])
    assert found._begun == {}


def test_a_batch_is_the_images_in_their_order(films):
    wanted = np.array([pixels(seed, shape=(8, 8, 3)).transpose(2, 0, 1) for seed in (3, 0, 5)], dtype=np.float32)
    assert np.array_equal(images().batch([films[3], films[0], films[5]]), wanted)


def test_images_of_two_sizes_are_no_batch(films):
    found = images()
    found.prepare = prepared
    with pytest.raises(ModelError, match="prepared images differ in size"):
        found.batch([films[0], pixels(1, shape=(8, 12, 3))])
