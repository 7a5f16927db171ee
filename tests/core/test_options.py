from chatbot.core.options import merged


def test_merging_leaves_the_original_as_it_was() -> None:
    payload = {"a": {"b": 1}, "c": 2}

    assert merged(payload, {"a": {"d": 3}, "c": {"e": 4}}) == {"a": {"b": 1, "d": 3}, "c": {"e": 4}}
    assert payload == {"a": {"b": 1}, "c": 2}
