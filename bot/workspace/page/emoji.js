// emoji.js: shortcodes. The verdict circles are drawn, because fonts often lack them; the rest is the system's own font.

const circles = {
  large_green_circle: "#1f9d55",
  large_orange_circle: "#e8731a",
  large_yellow_circle: "#e3b505",
  red_circle: "#d93025",
  large_red_circle: "#d93025",
  white_circle: "#f2f4f5",
  black_circle: "#2b3033",
  large_blue_circle: "#2f7de1",
  blue_circle: "#2f7de1",
  large_purple_circle: "#8a4fd0",
  large_brown_circle: "#8b5a2b",
};

const shortcodes = Object.fromEntries(
  `
smile 😄|smiley 😃|grinning 😀|slightly_smiling_face 🙂|wink 😉|joy 😂|thinking_face 🤔|sweat_smile 😅|cry 😢|sob 😭|scream 😱|sunglasses 😎|heart_eyes 😍|neutral_face 😐|upside_down_face 🙃
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|clap 👏|wave 👋|raised_hands 🙌|pray 🙏|ok_hand 👌|muscle 💪|eyes 👀|point_right 👉|point_left 👈|point_up 👆|point_down 👇|raised_hand ✋|handshake 🤝|writing_hand ✍️
heart ❤️|green_heart 💚|blue_heart 💙|broken_heart 💔|fire 🔥|sparkles ✨|star ⭐|zap ⚡|boom 💥|tada 🎉|trophy 🏆|100 💯|bulb 💡|bell 🔔|no_bell 🔕|loudspeaker 📢|mega 📣
warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|stop_sign 🛑|x ❌|heavy_multiplication_x ✖️|white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|question ❓|exclamation ❗|bangbang ‼️|information_source ℹ️|heavy_plus_sign ➕|heavy_minus_sign ➖
hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️|alarm_clock ⏰|timer_clock ⏲️|watch ⌚|calendar 📅|date 📅|spiral_calendar_pad 🗓️
lock 🔒|unlock 🔓|closed_lock_with_key 🔐|key 🔑|shield 🛡️|mag 🔍|mag_right 🔎|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|bookmark 🔖|label 🏷️
arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrow_upper_left ↖️|arrow_lower_left ↙️|left_right_arrow ↔️|arrow_up_down ↕️|arrows_counterclockwise 🔄|arrows_clockwise 🔃|leftwards_arrow_with_hook ↩️|arrow_right_hook ↪️|rewind ⏪|fast_forward ⏩|arrow_forward ▶️|double_vertical_bar ⏸️|black_square_for_stop ⏹️
repeat 🔁|recycle ♻️|chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|clipboard 📋|memo 📝|pencil 📝|pencil2 ✏️|page_facing_up 📄|scroll 📜|books 📚|open_file_folder 📂|file_folder 📁|card_index_dividers 🗂️|file_cabinet 🗄️|wastebasket 🗑️
package 📦|floppy_disk 💾|cd 💿|dvd 📀|computer 💻|desktop_computer 🖥️|electric_plug 🔌|battery 🔋|gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|nut_and_bolt 🔩|construction 🚧|rocket 🚀|ship 🚢|elephant 🐘|bug 🐛|robot_face 🤖|ghost 👻|skull 💀|seedling 🌱|deciduous_tree 🌳|snail 🐌|turtle 🐢|rabbit2 🐇
sunny ☀️|cloud ☁️|rain_cloud 🌧️|thunder_cloud_and_rain ⛈️|snowflake ❄️|rainbow 🌈|crescent_moon 🌙|zzz 💤|coffee ☕|pizza 🍕|beers 🍻|cake 🍰|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤|speech_balloon 💬|thought_balloon 💭|bust_in_silhouette 👤|busts_in_silhouette 👥|house 🏠|office 🏢|bank 🏦|shopping_trolley 🛒|moneybag 💰|credit_card 💳
large_green_square 🟩|large_yellow_square 🟨|large_orange_square 🟧|large_red_square 🟥|white_square_button 🔳|small_blue_diamond 🔹|small_orange_diamond 🔸|small_red_triangle 🔺|small_red_triangle_down 🔻|black_small_square ▪️|white_small_square ▫️|radio_button 🔘|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|six 6️⃣|seven 7️⃣|eight 8️⃣|nine 9️⃣|keycap_ten 🔟
`
    .trim()
    .split(/[|\n]/)
    .map((pair) => {
      const at = pair.lastIndexOf(" ");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
);

const knowsEmoji = (name) => Object.hasOwn(shortcodes, name) || Object.hasOwn(circles, name);

/** emoji returns the picture of a shortcode; an unknown one stays as it was typed. */
function emoji(name, unicode) {
  const label = name.replaceAll("_", " ");
  if (Object.hasOwn(circles, name)) {
    const drawing = svg("svg", { viewBox: "0 0 20 20", class: "emoji circle", role: "img", "aria-label": label });
    drawing.append(
      svg("title", {}, `:${name}:`),
      svg("circle", { cx: 10, cy: 10, r: 8.2, fill: circles[name], stroke: "#0006", "stroke-width": 1 }),
    );
    return drawing;
  }
  const glyph = Object.hasOwn(shortcodes, name) ? shortcodes[name] : fromCodePoints(unicode);
  if (!glyph) return `:${name}:`;
  return el("span", { class: "emoji", role: "img", "aria-label": label, title: `:${name}:` }, glyph);
}

/** fromCodePoints reads Slack's "1f44d-1f3fd" form. */
function fromCodePoints(unicode) {
  if (!/^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(unicode ?? "")) return null;
  try {
    return String.fromCodePoint(...unicode.split("-").map((hex) => Number.parseInt(hex, 16)));
  } catch {
    return null;
  }
}

const emojiPattern = /:([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?/g;

/** withEmoji splits text into text and emoji nodes. */
function withEmoji(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(emojiPattern)) {
    if (!knowsEmoji(match[1])) continue;
    parts.push(text.slice(from, match.index), emoji(match[1]));
    from = match.index + match[0].length;
  }
  return fragment(parts, text.slice(from));
}
