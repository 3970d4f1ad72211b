"use strict";
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.append(tip);

  const hide = () => { tip.hidden = true; };
  const tell = (point) => {
    tip.textContent = point.dataset.told;
    tip.hidden = false;
    const mark = point.querySelector(".mark").getBoundingClientRect();
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(mark.right + 8, room)) + scrollX}px`;
    tip.style.top = `${mark.bottom + 8 + scrollY}px`;
  };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  for (const svg of document.querySelectorAll("figure svg")) {
    const points = [...svg.querySelectorAll(".point")];
    for (const point of points) {
      const title = point.querySelector("title");
      point.dataset.told = title.textContent;
      title.remove();
      point.addEventListener("focus", () => tell(point));
      point.addEventListener("blur", hide);
      point.addEventListener("pointerenter", () => tell(point));
      point.addEventListener("pointerleave", hide);
    }
    svg.addEventListener("keydown", (event) => {
      const shown = points.filter((point) => !point.classList.contains("off"));
      const step = steps[event.key];
      if (!step || shown.length === 0) return;
      event.preventDefault();
      const at = shown.indexOf(document.activeElement);
      shown[(at + step + shown.length) % shown.length].focus();
    });
    if (points.length > 0) svg.tabIndex = 0;
    choose(svg);
  }

  // One button a series: pressed, only the pressed ones are shown in full.
  function choose(svg) {
    const legends = [...svg.querySelectorAll(".legend")];
    if (legends.length < 2) return;
    const group = document.createElement("div");
    group.className = "choices";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "What is shown in full");
    for (const legend of legends) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = legend.dataset.label;
      button.dataset.series = legend.dataset.series;
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        const pressed = button.getAttribute("aria-pressed") === "true";
        button.setAttribute("aria-pressed", String(!pressed));
        const chosen = [...group.querySelectorAll("[aria-pressed=true]")].map((one) => one.dataset.series);
        for (const part of svg.querySelectorAll("[data-series]")) {
          part.classList.toggle("off", chosen.length > 0 && !chosen.includes(part.dataset.series));
        }
      });
      group.append(button);
    }
    svg.after(group);
  }

  // A field that leaves only the rows of a long table that hold what is typed.
  for (const table of document.querySelectorAll("details table.long")) {
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = "Only rows with …";
    field.setAttribute("aria-label", "Only rows with this text");
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      for (const row of table.tBodies[0].rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      }
    });
    table.parentElement.before(field);
  }

  // A link to a run opens what it lies in.
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let place = target; place; place = place.parentElement) {
      if (place.tagName === "DETAILS") place.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
})();
