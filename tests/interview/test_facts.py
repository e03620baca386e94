"""The interviewer's facts: found however they are asked for, consistent, and held against what is said later."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpipe import envelope
from mlpipe.interview import content, facts

PHRASINGS = tomllib.loads(Path(__file__).with_name("questions.toml").read_text(encoding="utf-8"))
DETAILS = PHRASINGS.pop("scenarios")
SCENARIOS = [one for name in content.QUESTIONS for one in content.scenarios(name)]
SHEET = ("surface", "users", "items", "requests", "latency", "logs", "base_rate", "baseline", "goal", "team", "privacy")
TOPICS = {one.id: one for one in content.topics()}
VIDEO, SHOP, JOBS = content.scenarios("recommender")
ADS, NEWS, MAPS = content.scenarios("ctr")


def by_id(items):
    return {"argvalues": items, "ids": [one.id for one in items]}


# The sheets


def test_three_disguises_a_question_and_the_first_is_the_question_as_it_was():
    there = {name: [one.id for one in content.scenarios(name)] for name in content.QUESTIONS}
    assert there == {"recommender": ["video", "shop", "jobs"], "ctr": ["ads", "news", "maps"]}
    for name in content.QUESTIONS:
        asked, default = content.question(name), content.scenario(name)
        assert default is content.scenarios(name)[0]
        assert default.prompt == asked.prompt
        assert default.prompts == {phase.id: phase.prompt for phase in asked.phases}
    with pytest.raises(ValueError, match="scenario is 'film'; expected one of 'video', 'shop', 'jobs'"):
        content.scenario("recommender", "film")
    with pytest.raises(ValueError, match="question is 'ads'; expected one of 'recommender', 'ctr'"):
        content.scenarios("ads")


@pytest.mark.parametrize("scenario", **by_id(SCENARIOS))
def test_a_sheet_has_each_topic_in_a_spoken_answer(scenario):
    assert {*SHEET} <= scenario.facts.keys() <= TOPICS.keys()
    assert not any(TOPICS[topic].decide for topic in SHEET)
    assert list(scenario.prompts) == list(content.PLAN)
    assert 2 <= len(re.findall(r"[.?!](?=\s|$)", scenario.prompt)) <= 4
    for topic, fact in scenario.facts.items():
        assert fact.topic == topic
        assert len(re.findall(r"[.?!](?=\s|$)", fact.text)) <= 3
        assert len(fact.text.split()) <= 48
        assert {unit for _, unit in fact.values} <= content.ASKING["units"].keys()
    states = {one["id"] for one in content.ASKING["states"]}
    logs = scenario.facts["logs"]
    assert {*logs.holds, *logs.lacks} == {"impressions", "position", "propensity"} < states
    assert scenario.facts["baseline"].holds == ("baseline",)


def test_disguises_differ_where_the_design_depends_on_it():
    for name in content.QUESTIONS:
        there = content.scenarios(name)
        for topic in set(SHEET):
            assert len({one.facts[topic].text for one in there}) == 3
        for phase in ("frame", "data"):
            assert len({one.prompts[phase] for one in there}) == 3


def test_a_card_is_not_dealt_where_it_changes_nothing():
    cards = {one.id for one in content.question("ctr").cards}
    assert {one.id: cards.intersection(one.without) for one in SCENARIOS} == {
        **{default: set() for default in ("video", "ads", "maps")},
        "shop": {"no_user_id"},
        "jobs": {"labels_week_late"},
        "news": {"no_user_id", "catalogue_daily"},
    }
    for one in SCENARIOS:
        for seed in range(30):
            everything = content.draw_cards(one.question, seed, 11)
            left = [card for card in everything if card.id not in one.without]
            assert content.draw_cards(one.question, seed, 2, one.without) == tuple(left[:2])
        asked = content.question(one.question)
        assert {*one.without} <= cards | {followup.id for followup in asked.followups}
        if one is not content.scenario(one.question) and one.question == "recommender":
            left = [followup.ask for followup in asked.followups if followup.id not in one.without]
            assert [ask for ask in left if re.search(r"\b(film|watch|subscribe)", ask)] == []


def values(fact, unit):
    return [number for number, one in fact.values if one == unit]


@pytest.mark.parametrize("scenario", **by_id(SCENARIOS))
def test_the_requests_follow_from_the_users(scenario):
    told = scenario.facts["requests"]
    (visits,), (daily,) = values(told, "requests a user"), values(told, "requests a day")
    mean, peak = values(told, "requests a second")
    users = values(scenario.facts["users"], "users")[0]
    assert users * visits == daily
    assert envelope.queries_per_second(users, visits) == pytest.approx(mean, rel=0.04)
    factor = peak / mean
    assert factor == pytest.approx(round(factor), rel=0.05)
    words = {2: "two times", 3: "", 4: "four times", 5: "five times", 10: "ten times"}
    assert words[round(factor)] in told.text


WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 8: "eight", 10: "ten", 20: "twenty"}


def spoken(number):
    """How a number may stand in a text."""
    yield f"{number:,.0f}"
    for small, scale in ((number, ""), (number / 1e6, " million")):
        yield f"{small:g}{scale}"
        yield WORDS.get(small, "-") + scale


@pytest.mark.parametrize("scenario", **by_id(SCENARIOS))
@pytest.mark.parametrize("topic", ["users", "items", "requests", "latency", "candidates"])
def test_the_values_of_a_fact_are_those_of_its_text(scenario, topic):
    if fact := scenario.facts.get(topic):
        for number, _ in fact.values:
            assert any(re.search(rf"\b{way}\b", fact.text, re.IGNORECASE) for way in spoken(number)), number


def test_the_other_numbers_of_the_sheets():
    fact = {one.id: {topic: told.text for topic, told in one.facts.items()} for one in SCENARIOS}
    assert "15,000 are new each day" in fact["jobs"]["items"]
    assert "open for 30 days" in fact["jobs"]["items"]
    assert values(JOBS.facts["items"], "items") == [15_000 * 30]
    assert "4,000 new ones come each day" in fact["news"]["items"]
    assert "lives for twelve hours" in fact["news"]["items"]
    assert values(NEWS.facts["items"], "items") == [4_000 * 12 / 24]
    rates = {"video": (1,), "shop": (4, 0.3, 20), "jobs": (5, 0.4, 6), "ads": (3,), "news": (0.8,), "maps": (0.3, 3)}
    for one in SCENARIOS:
        assert tuple(values(one.facts["base_rate"], "%")) == rates[one.id]


@pytest.mark.parametrize(
    ("id", "said", "rate"),
    [
        ("video", "About one percent", 1 / 100),
        ("shop", "Four strips in a hundred get a click", 4 / 100),
        ("shop", "three in a thousand lead to a purchase", 3 / 1000),
        ("shop", "one purchase in five is sent back", 1 / 5),
        ("jobs", "Of a thousand openings shown 50 are opened", 50 / 1000),
        ("jobs", "four are applied for", 4 / 1000),
        ("jobs", "six lead to an interview", 6 / 100),
        ("ads", "Three percent", 3 / 100),
        ("news", "Eight clicks in a thousand", 8 / 1000),
        ("maps", "Three taps in a thousand", 3 / 1000),
        ("maps", "ten times that", 30 / 1000),
    ],
)
def test_rates_are_those_of_the_text(id, said, rate):
    (scenario,) = [one for one in SCENARIOS if one.id == id]
    assert said in scenario.facts["base_rate"].text
    assert any(number == pytest.approx(100 * rate) for number in values(scenario.facts["base_rate"], "%"))


# A question


def test_there_are_many_phrasings_and_each_topic_has_some():
    asked = [ask for part in PHRASINGS.values() for ask, _ in part]
    assert len(asked) == len(set(asked)) >= 300
    named = [topic for part in PHRASINGS.values() for _, topics in part for topic in topics.split()]
    assert {*named} == TOPICS.keys()
    assert all(named.count(topic) >= 12 for topic in SHEET)


@pytest.mark.parametrize(("ask", "topics"), [one for part in PHRASINGS.values() for one in part])
def test_a_question_finds_its_topics(ask, topics):
    assert " ".join(facts.reply(ADS, ask).topics) == topics


@pytest.mark.parametrize(
    ("scenario", "ask", "topics"), [(one, *asked) for one in SCENARIOS for asked in DETAILS[one.id]]
)
def test_a_detail_is_answered_by_the_sheet_that_has_it_and_is_unknown_elsewhere(scenario, ask, topics):
    got = facts.reply(scenario, ask)
    assert got.topics == ((topics,) if topics else ())
    if topics in scenario.facts:
        assert got.text == scenario.facts[topics].text
    elif topics and not TOPICS.get(topics):
        assert got.text in [way.format(names=topics) for way in content.ASKING["say"]["unknown"]]


def test_a_noun_in_passing_gets_what_is_known_of_it_and_no_more():
    got = facts.reply(JOBS, "Do employers answer every application?")
    assert got == (("items",), f"What I know there: {JOBS.facts['items'].text}")
    assert facts.reply(JOBS, "employers?").text == JOBS.facts["items"].text
    assert facts.reply(VIDEO, "I assume ten million users", ["users"]).text.startswith("Yes. As I said: ")


def test_each_detail_is_in_some_sheet_or_in_none_by_intent():
    for detail in content.ASKING["details"]:
        texts = [one.facts[topic].text for one in SCENARIOS for topic in detail.get("of", ()) if topic in one.facts]
        known = [text for text in texts if re.search(detail["said"], text, re.IGNORECASE)]
        assert bool(known) == ("of" in detail), detail["name"]
        assert detail["name"] not in TOPICS


def test_each_scenario_answers_with_its_own_fact_and_no_other():
    for scenario in SCENARIOS:
        got = facts.reply(scenario, "How many users do we have?")
        assert got == (("users",), scenario.facts["users"].text)


def test_several_topics_are_answered_in_the_order_of_asking_and_three_at_most():
    got = facts.reply(VIDEO, "Latency, users, surface?")
    assert got.topics == ("latency", "users", "surface")
    assert got.text == " ".join(VIDEO.facts[topic].text for topic in got.topics)
    got = facts.reply(VIDEO, "Latency, users, surface, baseline, logs?")
    assert got.topics == ("latency", "users", "surface")
    assert got.text.endswith(content.ASKING["say"]["enough"])
    assert VIDEO.facts["baseline"].text not in got.text


def test_what_was_told_before_is_marked_as_said_already():
    got = facts.reply(VIDEO, "Latency, users, surface?", ("users", "surface", "goal"))
    latency, users, surface = (VIDEO.facts[topic].text for topic in got.topics)
    assert got.text == f"{latency} As I said: {users} And, as I said: {surface}"
    assert facts.reply(VIDEO, "I assume two million users.", ["users"]).text == f"Not quite. As I said: {users}"
    assert len(content.ASKING["say"]["again"]) == facts.MOST
    assert facts.reply(VIDEO, "How should I split?", ["split"]) == facts.reply(VIDEO, "How should I split?")


def test_what_is_the_candidates_is_left_to_the_candidate():
    got = facts.reply(ADS, "Which metric should I use, and how do I split?")
    assert got.topics == ("metric", "split")
    assert got.text.startswith("Metric, Split: ")
    said = {facts.reply(ADS, "Which metric should I use" + "?" * n).text for n in range(1, 20)}
    assert len(said) == len(content.ASKING["say"]["decide"])  # not always in the same words
    assert "compete" in facts.reply(ADS, "How many ads compete for one request?").text  # where the sheet knows it
    assert facts.reply(VIDEO, "How many candidates per request?").text.startswith("Candidates of one request: ")


def test_what_nobody_knows_and_what_is_not_understood():
    assert facts.reply(ADS, "What do the machines cost?").text.startswith("Money and machines: ")
    for text in ("", "hm", "你好吗", "🙂" * 50, "<script>x</script>", "\x1b[31m"):
        assert facts.reply(ADS, text) == ((), content.ASKING["say"]["unclear"])


@pytest.mark.parametrize(
    ("scenario", "said", "right"),
    [
        (VIDEO, "I assume ten million users.", True),
        (VIDEO, "I assume 12M users a day", True),
        (VIDEO, "Let us say two million users.", False),
        (VIDEO, "So we have 100ms for the answer?", True),
        (VIDEO, "Is 300 ms the latency budget?", False),
        (ADS, "I guess the click rate is about 3 %", True),
        (ADS, "I take the click rate to be one in a hundred, 1 %", False),
        (VIDEO, "Is it about 3,500 requests per second at the peak?", True),
        (VIDEO, "I expect 100 requests a second", False),
        (VIDEO, "I think there are 300,000 films", True),
        (VIDEO, "Assume half a million films.", False),
        (VIDEO, "I assume that it is the home page.", None),
        (VIDEO, "I take it that we log impressions.", False),
        (VIDEO, "Do we log impressions?", None),
        (SHOP, "I take it that we log impressions.", None),
        (ADS, "I guess nothing is in place today.", False),
    ],
)
def test_an_assumption_is_confirmed_or_corrected(scenario, said, right):
    got = facts.reply(scenario, said)
    (topic,) = got.topics
    prefix = {True: "Yes. ", False: "Not quite. ", None: ""}[right]
    assert got.text == prefix + scenario.facts[topic].text


ASKS = [ask for part in PHRASINGS.values() for ask, _ in part]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SCENARIOS), st.one_of(st.text(), st.lists(st.sampled_from(ASKS)).map(" ".join)))
def test_any_text_gets_a_reply_that_volunteers_nothing(scenario, text):
    got = facts.reply(scenario, text)
    assert got == facts.reply(scenario, text)
    assert got.text
    assert len(got.topics) == len(set(got.topics)) <= facts.MOST
    for topic, fact in scenario.facts.items():
        assert topic in got.topics or fact.text not in got.text
        assert topic not in got.topics or fact.text in got.text


@pytest.mark.parametrize("text", ["a" * 100_000, "how many, " * 10_000, "1 2 3 " * 16_000, "\n" * 100_000])
def test_a_very_long_text_gets_a_reply(text):
    assert facts.reply(ADS, text).text
    assert facts.contradictions(ADS, SHEET, text) == ()


def test_of_what_is_said_in_passing_only_the_first_is_answered():
    assert facts.reply(ADS, "Of the users, in the data").topics == ("users",)


# A contradiction

AGAINST = [
    (VIDEO, "users", "With two million users a day, popularity is cheap."),
    (VIDEO, "users", "We have 50M users, so the vectors take a few gigabytes."),
    (JOBS, "users", "We have 20 million people."),
    (VIDEO, "items", "Our catalogue has 20,000 films."),
    (SHOP, "items", "We have 100k products in the catalogue, so EASE fits."),
    (NEWS, "items", "There are 50,000 live stories."),
    (VIDEO, "requests", "That is 200 requests a second."),
    (ADS, "requests", "At 50 QPS one process is enough."),
    (MAPS, "requests", "We serve one million requests a day."),
    (VIDEO, "latency", "Our budget is 500 ms, so nearly anything fits."),
    (MAPS, "latency", "We have 200 milliseconds, which is plenty."),
    (ADS, "base_rate", "The base rate is one percent."),
    (NEWS, "base_rate", "At a click rate of 5 %, positives are plenty."),
    (SHOP, "logs", "Impressions are not logged, so an empty cell says nothing."),
    (ADS, "logs", "We have no impression log."),
    (VIDEO, "logs", "The impressions are already logged, so I take them as negatives."),
    (VIDEO, "logs", "We log what was shown."),
    (NEWS, "logs", "The position is not logged."),
    (MAPS, "logs", "As the propensities are logged, I weight by them."),
    (ADS, "baseline", "Nothing runs today, so anything is better."),
    (JOBS, "baseline", "There is no system in place."),
    # written after the patterns: 15 of 23 were found at first sight, and of the last 27 below one was found by mistake
    (VIDEO, "requests", "10M users with one visit are 100 requests/s on average."),
    (VIDEO, "requests", "So we are at about 20k QPS at peak."),
    (VIDEO, "users", "Since the service has a hundred million users, the user table is 25 GB."),
    (VIDEO, "items", "With a million films, EASE is impossible."),
    (VIDEO, "items", "For a catalog of 10k films a dense matrix is fine."),
    (VIDEO, "baseline", "There is nothing in place today, so I begin with popularity."),
    (VIDEO, "logs", "We know what was shown, because impressions are in the log."),
    (SHOP, "users", "30M visitors a day."),
    (SHOP, "latency", "The page gives us 300 ms in total."),
    (SHOP, "logs", "Unfortunately we don't log impressions."),
    (JOBS, "items", "There are only 40,000 open jobs."),
    (JOBS, "latency", "Our latency limit is 50 ms."),
    (ADS, "requests", "That makes 10,000 requests/s on average."),
    (ADS, "base_rate", "CTR is about 0.3%."),
    (ADS, "users", "We have two million users."),
    (NEWS, "latency", "The limit is 500 ms."),
    (MAPS, "users", "With 1M users a day this is a small system."),
    (MAPS, "logs", "We do not know the position of the pin, positions are not logged."),
]


@pytest.mark.parametrize(("scenario", "topic", "said"), AGAINST)
def test_what_contradicts_a_fact_that_was_told(scenario, topic, said):
    told = facts.contradictions(scenario, SHEET, f"First, the goal.\nCandidate: So. {said} And so on.")
    assert told == ((topic, scenario.facts[topic].text, said),)
    assert facts.contradictions(scenario, [one for one in SHEET if one != topic], said) == ()  # it was not told


FITS = [
    (VIDEO, "With ten million users at ten requests a day, that is 1,200 requests a second, 3,500 at peak."),
    (VIDEO, "We have about 9 million users and 280,000 films in the catalogue."),
    (VIDEO, "If traffic grew tenfold to 40,000 requests a second, I would cache lists."),
    (ADS, "Should we serve 40,000 requests a second, a cheap first stage is needed."),
    (VIDEO, "A two percent lift needs 3.9 million users a group."),
    (VIDEO, "We have 500 candidates from retrieval, and rank them."),
    (VIDEO, "Retrieval has a budget of 20 ms, the ranker 50 ms, the network the rest."),
    (VIDEO, "We have 30 ms left for the ranker."),
    (ADS, "The base rate among new ads would be one percent."),
    (ADS, "On the random slice the click rate is 2 %."),
    (ADS, "A one percent lift of the click rate needs five million impressions a group."),
    (ADS, "The top slot has a click rate of 6 %."),
    (ADS, "We have 40 new users in the test."),
    (ADS, "With 200 ads a request that is 240,000 predictions a second."),
    (ADS, "On MovieLens we have 600 users and 9,000 films."),
    (VIDEO, "I want impressions to be logged from now on."),
    (VIDEO, "Impressions must be logged, with position and propensity."),
    (VIDEO, "Once impressions are logged, I train on them."),
    (VIDEO, "Are impressions logged?"),
    (VIDEO, "What was shown is not logged, so an empty cell mixes two things."),
    (SHOP, "The propensities are not logged, so I cannot weight by them."),
    (ADS, "If nothing runs today, popularity is the first step."),
    (JOBS, "In the first week there is no model for a new country."),
    (JOBS, "Half of the 600,000 people a day have fewer than five applications."),
    (MAPS, "The latency of the model is 5 ms within the 30 ms budget."),
    (MAPS, "A person moves the map three times a day."),
    (NEWS, "When something happens, that is 2,300 requests a second."),
    (VIDEO, "Interviewer: we have 2 million users."),
    (VIDEO, "At least 99 % of requests are answered within 100 ms."),
    (VIDEO, "Ten more points of recall cost 300 ms, which we do not have."),
    (VIDEO, "10 million users, 64 floats of 4 bytes: 2.6 GB."),
    (VIDEO, "Popularity covers only 2,000 films of the catalogue."),
    (VIDEO, "We have 400 hidden films in the guardrail report."),
    (VIDEO, "Each of the 3 replicas handles 1,500 requests a second."),
    (VIDEO, "Candidate generation: 500 items in 10 ms."),
    (VIDEO, "p50 is 40 ms, p99 is 95 ms, within the budget."),
    (VIDEO, "I evaluate on 100,000 users after the cut."),
    (VIDEO, "Two percent of users click on hide."),
    (VIDEO, "The cache absorbs 80 % of requests, so 700 requests a second reach the ranker."),
    (VIDEO, "We have 500k new users a month."),
    (SHOP, "We have 90 days of counts."),
    (SHOP, "5 % of the strips get a click from new visitors."),
    (SHOP, "The index holds 1.5 million products with pictures."),
    (JOBS, "We have 5 applications a person, far too few for vectors of a person."),
    (JOBS, "The e-mail goes to two million people a night."),
    (JOBS, "About 15,000 jobs are new each day."),
    (ADS, "Scoring takes 5 ms, the fetch 10 ms."),
    (ADS, "New advertisers have a click rate of 1 %, pulled towards 3 %."),
    (ADS, "Sampling keeps 10 % of the negatives."),
    (ADS, "Our logs hold 6 billion impressions."),
    (NEWS, "A story gets 5,000 impressions a minute."),
    (NEWS, "There are 60 candidates and two places."),
    (MAPS, "40 pins compete, so that is 28,000 predictions a second."),
    (MAPS, "Most pins have fewer than ten taps, so I smooth towards 0.3 %."),
    (MAPS, "At noon we have 2,800 requests a second, and at night 100."),
    (VIDEO, "The impressions are logged from the first week of the experiment."),
    (VIDEO, "I would not start from scratch but from the popular list."),
]


@pytest.mark.parametrize(("scenario", "said"), FITS)
def test_what_does_not_contradict(scenario, said):
    assert facts.contradictions(scenario, SHEET, said) == ()


@pytest.mark.parametrize("scenario", **by_id(SCENARIOS))
def test_the_interviewers_own_words_contradict_nothing(scenario):
    for fact in scenario.facts.values():
        assert facts.contradictions(scenario, SHEET, fact.text) == ()


def test_strong_transcripts_and_answers_contradict_nothing_and_others_do():
    for name in content.QUESTIONS:
        default = content.scenario(name)
        strong = [one.text for one in content.transcripts(name) if one.level != "mid"]
        strong += [content.answer_text(name), *(one.answer for one in content.question(name).followups)]
        assert [facts.contradictions(default, SHEET, text) for text in strong] == [()] * len(strong)
    (mid,) = [one for one in content.transcripts("recommender") if one.level == "mid"]  # who was told two million users
    assert [one.topic for one in facts.contradictions(VIDEO, SHEET, mid.text)] == ["users"]


def test_the_sentence_is_quoted_without_the_name_of_who_said_it():
    for said in ("We have no impression log.", "We don’t log impressions."):
        (found,) = facts.contradictions(ADS, ["logs", "metric", "logs"], f"Candidate: {said}\nInterviewer: {said}")
        assert found == ("logs", ADS.facts["logs"].text, said)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(SCENARIOS), st.lists(st.one_of(st.text(), st.sampled_from([said for *_, said in AGAINST + FITS])))
)
def test_a_contradiction_quotes_a_sentence_and_a_fact_that_was_told(scenario, parts):
    text = "\n".join(parts)
    for topic, fact, sentence in facts.contradictions(scenario, ["users", "logs"], text):
        assert topic in ("users", "logs")
        assert fact == scenario.facts[topic].text
        assert sentence in text
