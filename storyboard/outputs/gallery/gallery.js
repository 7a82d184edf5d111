
"use strict";
(() => {
  const cards = [...document.querySelectorAll(".card")];
  const scenes = [...document.querySelectorAll(".scene")];
  const tools = document.querySelector(".tools");
  const search = document.querySelector(".search");
  const showing = document.querySelector(".showing");
  const nothing = document.getElementById("nothing");
  const all = document.getElementById("all");
  const chips = [...document.querySelectorAll("[data-show]")];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const close = new Set(); // the cards near the window
  let active = null; // the card that was started last

  // A browser keeps few videos open at once, so only those near the window have one.
  const attach = (card) => {
    const play = card.querySelector(".play");
    if (!play || card.querySelector("video")) return;
    const video = document.createElement("video");
    video.preload = "metadata";
    video.playsInline = true;
    video.tabIndex = -1;
    // The time in the fragment makes every browser show a picture before it plays.
    video.src = play.getAttribute("href") + "#t=0.001";
    video.addEventListener("error", () => missing(card, video));
    video.addEventListener("ended", () => ended(card));
    play.before(video);
  };

  const detach = (card) => {
    const video = card.querySelector("video");
    if (!video || video.controls) return;
    video.remove();
    video.removeAttribute("src");
    video.load();
  };

  const missing = (card, video) => {
    if (!video.isConnected) return;
    const note = document.createElement("p");
    note.className = "missing";
    note.textContent = "The video is not in this folder.";
    card.querySelector(".play").remove();
    video.replaceWith(note);
    if (card === active && isPlayingAll()) next(card);
  };

  const start = (card) => {
    attach(card);
    const video = card.querySelector("video");
    if (!video) return;
    for (const other of document.querySelectorAll("video")) if (other !== video) other.pause();
    active = card;
    card.querySelector(".play").hidden = true;
    video.controls = true;
    video.tabIndex = 0;
    video.focus({ preventScroll: true });
    video.play().catch(() => {});
  };

  // Back to how it was before it played, so that its video can go.
  const reset = (card) => {
    const video = card.querySelector("video");
    card.querySelector(".play").hidden = false;
    video.controls = false;
    video.tabIndex = -1;
    video.currentTime = 0.001;
    if (!close.has(card)) detach(card);
  };

  const isPlayingAll = () => all.getAttribute("aria-pressed") === "true";
  const after = (card) => cards.slice(cards.indexOf(card) + 1)
    .find((other) => !other.hidden && other.querySelector(".play"));

  // Goes on with the first take after a card, after none with the first of all.
  const next = (card) => {
    const found = after(card);
    all.setAttribute("aria-pressed", String(Boolean(found)));
    if (!found) return;
    found.scrollIntoView({ block: "center", behavior: still.matches ? "instant" : "smooth" });
    start(found);
    const following = after(found);
    if (following) attach(following); // so that it begins without a pause
  };

  const ended = (card) => {
    if (card !== active || !isPlayingAll()) return;
    reset(card);
    next(card);
  };

  const stop = () => {
    all.setAttribute("aria-pressed", "false");
    active?.querySelector("video")?.pause();
  };

  // From the first take, or from the one that was begun and is not at its end.
  const playAll = () => {
    if (isPlayingAll()) return stop();
    const begun = active?.querySelector("video");
    if (!begun?.controls || begun.ended || active.hidden) return next(null);
    all.setAttribute("aria-pressed", "true");
    start(active);
  };

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) close.add(entry.target);
      else close.delete(entry.target);
      (entry.isIntersecting ? attach : detach)(entry.target);
    }
  }, { rootMargin: "300px 0px" });
  for (const card of cards) near.observe(card);

  document.addEventListener("click", (event) => {
    const play = event.target.closest(".play");
    if (!play || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    start(play.closest(".card"));
  });

  const texts = new Map();
  const textOf = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };

  const filter = () => {
    const status = chips.find((chip) => chip.getAttribute("aria-pressed") === "true").dataset.show;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      card.hidden = (status !== "" && card.dataset.status !== status)
        || !words.every((word) => textOf(card).includes(word));
      if (!card.hidden) shown += 1;
    }
    if (active?.hidden) stop();
    for (const scene of scenes) scene.hidden = !scene.querySelector(".card:not([hidden])");
    nothing.hidden = shown > 0 || cards.length === 0;
    showing.textContent = status || words.length ? `${shown} of ${cards.length}` : "";
  };

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      filter();
    });
  }
  // A link to a take that is filtered out shows all of them again.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".given a");
    if (!link || !document.getElementById(link.hash.slice(1))?.hidden) return;
    search.value = "";
    chips[0].click();
  });
  all.addEventListener("click", playAll);
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target === search) {
      if (event.key !== "Escape") return;
      search.value = "";
      filter();
      search.blur();
    } else if (event.key === "/") {
      event.preventDefault();
      search.focus();
    } else if (event.key === "p") {
      playAll();
    } else if (event.key === "j" || event.key === "k") {
      const visible = cards.filter((card) => !card.hidden);
      const at = visible.indexOf(document.activeElement.closest(".card"));
      const next = visible[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)];
      if (!next) return;
      const target = next.querySelector(".play:not([hidden])") || next.querySelector("h3 a");
      target.focus({ preventScroll: true });
      next.scrollIntoView({ block: "center" });
    }
  });

  tools.hidden = cards.length === 0;
})();
