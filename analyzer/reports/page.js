"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const cards = all("article.card");
  const filters = all("button[data-show]");

  for (const choice of all("input[name=language]")) {
    choice.checked = choice.value === document.documentElement.lang;
    choice.addEventListener("change", () => { document.documentElement.lang = choice.value; });
  }

  const belongs = (card, wanted) =>
    wanted === "all" || (wanted === "review" ? "review" in card.dataset : card.dataset.verdict === wanted);

  const show = (wanted) => {
    for (const button of filters) button.setAttribute("aria-pressed", String(button.dataset.show === wanted));
    for (const card of cards) card.hidden = !belongs(card, wanted);
    const count = cards.filter((card) => !card.hidden).length;
    for (const words of all(".shown .t")) words.textContent = words.textContent.replace(/\d+/, String(count));
  };
  for (const button of filters) button.addEventListener("click", () => show(button.dataset.show));

  const step = (by) => {
    const heads = cards.filter((card) => !card.hidden).map((card) => card.querySelector("h3"));
    const here = heads.findIndex((head) => head.parentElement.contains(document.activeElement));
    const edge = document.querySelector(".bar").getBoundingClientRect().bottom + 8;
    const below = heads.findIndex((head) => head.getBoundingClientRect().top > edge);
    const from = here >= 0 ? here : (below < 0 ? heads.length : below) - (by > 0 ? 1 : 0);
    const head = heads[Math.max(0, Math.min(heads.length - 1, from + by))];
    if (!head) return;
    head.focus({ preventScroll: true });
    head.scrollIntoView();
  };
  for (const button of all("button[data-step]")) button.addEventListener("click", () => step(Number(button.dataset.step)));
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  });

  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.closest("[hidden]")) { show("all"); target.scrollIntoView(); }
  });
})();
