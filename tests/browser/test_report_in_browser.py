"""The report in headless Chromium: sorting, filters, curves, folding, pictures, screens, dark mode.

It needs `chromium` and `chromedriver`, so `make browser` runs it instead of `make test`.
"""

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from pipeline.reporting import pictures, rendering, results
from tests.support import ROOT
from tests.support.results import (
    CLIMBING,
    FALLING,
    METRICS,
    planned,
    png,
    write_plan,
    write_result,
    write_seeds,
)
from tests.support.toy import params_of

WIDE, PHONE = (1280, 800), (390, 844)
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of any size
NAMES = ("ten", "nine", "thousand", "missing")
PARAMETERS = {"ten": 10, "nine": 9, "thousand": 1000}
PARAMS = params_of(
    sources=["toy"], data={"toy": "toy"}, experiments=dict.fromkeys([*PARAMETERS, "missing"], "toy")
)

DECODE = """
const done = arguments[0];
const images = [...document.querySelectorAll("figure img")];
const widths = () => images.map((image) => image.naturalWidth);
Promise.all(images.map((image) => image.decode())).then(() => done(widths()), done);
"""
CONTRASTS = """
const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => {
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = channels(colour).map((c) => linear(c / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  const colour = getComputedStyle(element).backgroundColor;
  const isClear = channels(colour)[3] === 0 && element.parentElement;
  return isClear ? ground(element.parentElement) : colour;
};
const isText = (node) => node.nodeType === 3 && node.data.trim();
const hasText = (element) => [...element.childNodes].some(isText);
const isRead = (element) => hasText(element) && element.checkVisibility();
return [...document.body.querySelectorAll("*")].filter(isRead).map((element) => {
  const pair = [light(getComputedStyle(element).color), light(ground(element))];
  const [dark, bright] = pair.sort((x, y) => x - y);
  return [(bright + 0.05) / (dark + 0.05), element.outerHTML.slice(0, 120)];
});
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Three experiments with results and one without. `nine` overfits and misses its claim."""
    outputs = tmp_path_factory.mktemp("repository") / "outputs"
    plan = {
        "missing": planned(
            claims=[{"metric": "test/accuracy", "at_least": 0.9}], reported="about 0.9"
        )
    }
    for name, parameters in PARAMETERS.items():
        overfits = name == "nine"
        losses = CLIMBING if overfits else FALLING
        metrics = METRICS | {"parameters": parameters}
        write_result(outputs, name, metrics=metrics, losses=losses, saved=12)
        plan[name] = planned(
            description=f"The one with {name} parameters.",
            claims=[{"metric": "test/accuracy", "at_least": 0.99 if overfits else 0.9}],
            changed={"model.units": {"default": [64, 32], "value": [256] * 40}},
        )
    write_seeds(outputs / "ten")
    write_plan(outputs, **plan)
    rows = results.collect(
        PARAMS,
        list(PARAMS.experiments),
        outputs=outputs,
        prepared=outputs.parent / "prepared",
        stages=ROOT / "dvc.yaml",
    )
    rendering.write(
        rows,
        outputs,
        appendix=[pictures.picture(png(1600, 500), title="functions", alt="four functions")],
    )
    return (outputs / "report.html").as_uri()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(
        options=options, service=ChromeService(executable_path=str(shutil.which("chromedriver")))
    )
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium, url):
    """The page after loading, in light mode on a wide screen."""
    show(chromium, "light", *WIDE)
    chromium.get(url)
    return chromium


def show(chromium: Chrome, scheme: str, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def heading(page: Chrome, name: str) -> WebElement:
    (heading,) = [
        cell
        for cell in page.find_elements(By.CSS_SELECTOR, ".summary thead th")
        if cell.text.startswith(name)
    ]
    return heading


def names(page: Chrome) -> list[str]:
    """The experiments in the summary, in order."""
    links = page.find_elements(By.CSS_SELECTOR, ".summary tbody th a")
    return [link.text for link in links if link.is_displayed()]


def open_all(page: Chrome) -> None:
    page.execute_script(
        "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
    )


def opened(page: Chrome, name: str) -> bool:
    """Whether the section of an experiment is open."""
    return (
        page.find_element(By.CSS_SELECTOR, f"#{name} > details").get_attribute("open") is not None
    )


def curves(page: Chrome) -> list[str]:
    """The experiments whose curves are drawn."""
    titles = page.find_elements(By.CSS_SELECTOR, "#the-plot path title")
    return [title.get_attribute("textContent") for title in titles]


def test_console_is_empty(page):
    page.execute_async_script(DECODE)
    assert page.get_log("browser") == []


def test_numbers_sort_as_numbers(page):
    heading(page, "parameters").find_element(By.TAG_NAME, "button").click()
    assert names(page) == ["nine", "ten", "thousand", "missing"]
    assert heading(page, "parameters").get_attribute("aria-sort") == "ascending"
    heading(page, "parameters").find_element(By.TAG_NAME, "button").click()
    assert names(page) == ["thousand", "ten", "nine", "missing"]
    assert heading(page, "parameters").get_attribute("aria-sort") == "descending"


def test_texts_sort_alphabetically(page):
    heading(page, "experiment").find_element(By.TAG_NAME, "button").click()
    assert names(page) == ["missing", "nine", "ten", "thousand"]


def test_only_one_column_is_sorted(page):
    for column in page.find_elements(By.CSS_SELECTOR, ".summary thead th"):
        column.find_element(By.TAG_NAME, "button").click()
        marked = page.find_elements(By.CSS_SELECTOR, "th[aria-sort]")
        assert [cell.text for cell in marked] == [column.text]


def test_text_filter_matches_every_word(page):
    page.find_element(By.ID, "the-text").send_keys("OVERFITS epoch")
    assert names(page) == ["nine"]
    assert page.find_element(By.CSS_SELECTOR, "[role=status]").text == "1 of 4 shown"
    page.find_element(By.ID, "the-text").clear()
    page.find_element(By.ID, "the-text").send_keys("toy 1,000")
    assert names(page) == ["thousand"]


def test_verdict_and_text_filter_combine(page):
    page.find_element(By.CSS_SELECTOR, "#the-verdict option[value=unmet]").click()
    assert names(page) == ["nine", "missing"]
    page.find_element(By.ID, "the-text").send_keys("not run yet")
    assert names(page) == ["missing"]


def test_every_picture_loads(page):
    assert page.execute_async_script(DECODE) == [4, 4, 4, 1600]


def test_summary_has_thumbnails_that_are_enlarged(page):
    thumbnails = page.find_elements(By.CSS_SELECTOR, ".thumbnails .zoom")
    assert len(thumbnails) == 3  # `missing` has no figure
    thumbnails[0].click()
    enlarged = page.find_element(By.CSS_SELECTOR, "dialog img")
    assert enlarged.get_attribute("alt") == "learning_curves of ten"


def test_sections_fold_and_a_link_opens_its_own(page):
    assert [name for name in NAMES if opened(page, name)] == []
    page.find_element(By.CSS_SELECTOR, ".summary a[href='#nine']").click()
    page.find_element(By.CSS_SELECTOR, "#nine .lead")
    WebDriverWait(page, 5).until(lambda _: opened(page, "nine"))
    assert [name for name in NAMES if opened(page, name)] == ["nine"]


def test_button_opens_and_closes_all_sections(page):
    button = page.find_element(By.CSS_SELECTOR, "#the-experiments > button")
    button.click()
    assert all(opened(page, name) for name in NAMES)
    WebDriverWait(page, 5).until(lambda _: button.text == "Close all")
    button.click()
    assert not any(opened(page, name) for name in NAMES)


def test_curves_of_chosen_experiments_are_drawn(page):
    assert page.find_element(By.ID, "the-plot-title").get_attribute("textContent") == (
        "loss of the validation split by epoch: ten, nine, thousand"
    )
    page.find_element(By.CSS_SELECTOR, "input[data-name=ten]").click()
    assert curves(page) == ["nine", "thousand"]
    page.find_element(By.ID, "the-train").click()
    assert curves(page) == ["nine", "nine", "thousand", "thousand"]


def test_axis_of_the_curves_can_be_steps(page):
    page.find_element(By.CSS_SELECTOR, "#the-axis option:last-child").click()
    labels = [text.text for text in page.find_elements(By.CSS_SELECTOR, "#the-plot text")]
    assert labels[-1] == "step"
    assert "12" in labels


def test_every_control_has_a_visible_focus(page):
    open_all(page)
    for selector in (".zoom", "summary", "#the-source", "thead button", "pre"):
        control = page.find_element(By.CSS_SELECTOR, selector)
        page.execute_script("arguments[0].focus({focusVisible: true})", control)
        script = "return getComputedStyle(arguments[0]).outlineStyle"
        assert page.execute_script(script, control) == "solid", selector


def test_picture_is_enlarged_and_closed_again(page):
    dialog = page.find_element(By.TAG_NAME, "dialog")
    page.execute_script("document.querySelector('#the-appendix .zoom').click()")
    assert dialog.is_displayed()
    assert dialog.find_element(By.TAG_NAME, "img").get_attribute("alt") == "four functions"
    dialog.find_element(By.TAG_NAME, "button").click()
    assert not dialog.is_displayed()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_page_does_not_scroll_sideways(page, size):
    show(page, "light", *size)
    open_all(page)
    assert page.execute_script("return document.scrollingElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(page, scheme):
    show(page, scheme, *WIDE)
    open_all(page)
    contrasts = page.execute_script(CONTRASTS)
    assert len(contrasts) > 50
    assert [
        (round(contrast, 2), text) for contrast, text in contrasts if contrast < LEAST_CONTRAST
    ] == []


def test_dark_mode_has_a_dark_background(page):
    show(page, "dark", *WIDE)
    assert (
        page.execute_script("return getComputedStyle(document.body).backgroundColor")
        == "rgb(20, 22, 26)"
    )


def test_skip_link_appears_on_focus(page):
    link = page.find_element(By.CSS_SELECTOR, ".skip")
    assert link.rect["y"] < 0
    page.execute_script("arguments[0].focus()", link)
    assert page.switch_to.active_element == link
    assert link.rect["y"] >= 0
