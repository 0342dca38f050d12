/* Who is reached by which rooms: the solver's own rule on the solver's own units. Coordinates are
   whole metres, so dx² + dy² is exact and its root the same double that the solver compares. */

const walk = (a, b) => {
  const dx = a.x - b.x, dy = a.y - b.y;
  return Math.sqrt(dx * dx + dy * dy) * DATA.study.detour;
};

const nearby = new Map();
/* Positions of the units within the walking distance of a place. */
function within(place, radius) {
  const key = `${place.id ?? place.name},${place.x},${place.y},${radius}`;
  if (!nearby.has(key)) {
    // Ways that are no straight lines come with the place, as pairs of unit and metres.
    const found = (place.ways ?? []).filter(([, metres]) => metres <= radius).map(([u]) => u);
    for (let u = 0; !place.ways && u < UNITS.x.length; u += 1) {
      const dx = UNITS.x[u] - place.x, dy = UNITS.y[u] - place.y;
      if (Math.sqrt(dx * dx + dy * dy) * DATA.study.detour <= radius) found.push(u);
    }
    nearby.set(key, found);
  }
  return nearby.get(key);
}

const people = (target = state.target) => UNITS.people[target] ?? [];
const sum = (values) => values.reduce((total, value) => total + value, 0);
const totalOf = (target = state.target) => sum(people(target));
const counts = (office, target = state.target) => !office.targets.length || office.targets.includes(target);
const candidate = (room, target = state.target) => room.eligible && room.suits.includes(target);

/* Mark the units of a place as covered; how many people that adds. */
function cover(covered, place, { target = state.target, radius = state.radius, keep = true } = {}) {
  const weight = people(target);
  let added = 0;
  for (const u of within(place, radius)) {
    if (covered[u]) continue;
    added += weight[u];
    if (keep) covered[u] = 1;
  }
  return added;
}

/* Reached people with these rooms, room after room; `covered` says which units are reached. */
function reach(rooms, { target = state.target, radius = state.radius, offices = state.offices } = {}) {
  const covered = new Uint8Array(UNITS.x.length);
  let before = 0;
  if (offices) {
    for (const office of OFFICES) if (counts(office, target)) before += cover(covered, office, { target, radius });
  }
  // A room counts for the groups that it suits, as in the proposals.
  const gains = rooms.map((room) => (candidate(room, target) ? cover(covered, room, { target, radius }) : 0));
  return { before, gains, reached: before + sum(gains), total: totalOf(target), covered };
}

/* The rooms on the table: picked by hand, or the run's proposal for the settings. */
function chosen() {
  if (state.hand) return state.hand.map((id) => roomById.get(id));
  const step = proposals()[state.p];
  return step ? step[0].map((position) => ROOMS[position]) : [];
}

/* Add or remove a room by hand, starting from what is on the table. */
function toggleRoom(room) {
  const ids = chosen().map((r) => r.id);
  update({ hand: ids.includes(room.id) ? ids.filter((id) => id !== room.id) : [...ids, room.id] });
}

/* What each further room would add to the rooms on the table, most first. */
function candidates(rooms = chosen()) {
  const { covered } = reach(rooms);
  return ROOMS.filter((room) => candidate(room) && !rooms.includes(room))
    .map((room) => ({ room, gain: cover(covered, room, { keep: false }) }))
    .sort((a, b) => b.gain - a.gain || (a.room.id < b.room.id ? -1 : 1));
}
