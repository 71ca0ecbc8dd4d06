// media.js: films, calls, files, and attachments (the older form of a message).

/** videoBlock never plays: another host's player may not run here; it names the film and links it. */
function videoBlock(block) {
  const title = textObject(block.title);
  return el(
    "div",
    { class: "card video" },
    div("soft small", [block.provider_name, block.author_name].filter(Boolean).join(" · ")),
    div("strong", link(block.title_url || block.video_url, title)),
    block.description && div("prose", textObject(block.description)),
    div(
      "video-frame",
      ownURL(block.thumbnail_url) && picture(block.thumbnail_url, block.alt_text, "block-image"),
      span("video-link", icon("play"), link(block.video_url, "Watch: ", block.alt_text || "video")),
    ),
  );
}

function fileBlock(block) {
  return div("file-card", icon("file"), el("span", {}, "Remote file ", el("code", {}, block.external_id ?? block.file_id ?? "")));
}

function callBlock(block) {
  const call = block.call?.v1 ?? {};
  return div(
    "card",
    div(
      "card-head",
      icon("phone"),
      el("div", {}, div("strong", call.name || "Call"), div("soft", call.has_ended ? "Ended" : block.call_id)),
    ),
    call.join_url && !call.has_ended && div("actions", span("button", link(call.join_url, "Join"))),
  );
}

/** attachmentNode draws the older form of a message: a coloured bar with text, fields, image and footer. */
function attachmentNode(attachment, surface) {
  const marked = (text) => text && div("prose", mrkdwn(text));
  const colours = { good: "#2e9e5b", warning: "#d99a00", danger: "#c8322b" };
  const colour = colours[attachment.color] ?? cssColour(`#${String(attachment.color ?? "").replace(/^#/, "")}`);
  const body = attachment.blocks?.length
    ? blockList(attachment.blocks, surface)
    : [
        attachment.author_name &&
          div("strong small", attachment.author_link ? link(attachment.author_link, attachment.author_name) : attachment.author_name),
        attachment.title && div("strong", attachment.title_link ? link(attachment.title_link, attachment.title) : attachment.title),
        marked(attachment.text),
        attachment.fields?.length &&
          div(
            "fields",
            attachment.fields.map((f) => el("div", { class: f.short ? "" : "wide" }, div("strong", f.title), marked(f.value))),
          ),
        attachment.image_url && picture(attachment.image_url, attachment.fallback, "block-image"),
        attachment.thumb_url && picture(attachment.thumb_url, attachment.fallback, "block-image small"),
        attachment.actions?.length &&
          div(
            "actions",
            attachment.actions.map((a) =>
              a.url ? span("button", link(a.url, a.text)) : rawBox(a, "Attachment actions of the old kind are not sent by this page"),
            ),
          ),
        (attachment.footer || attachment.ts) &&
          div(
            "soft small",
            [attachment.footer, attachment.ts && slackDate(attachment.ts, "{date_short_pretty} {time}", "")]
              .filter(Boolean)
              .flatMap((x, i) => (i ? [" · ", x] : [x])),
          ),
      ];
  const whole = body instanceof Node || body.some(Boolean) ? body : marked(attachment.fallback);
  return fragment(
    marked(attachment.pretext),
    el("div", { class: "attachment", style: { "--bar": colour === "transparent" ? "var(--line-strong)" : colour } }, whole),
  );
}

const fileSize = (bytes) => {
  const units = ["B", "KB", "MB", "GB"];
  let n = Number(bytes) || 0,
    i = 0;
  while (n >= 1000 && i < 3) {
    n /= 1000;
    i++;
  }
  return `${i ? n.toFixed(1) : n} ${units[i]}`;
};

/** fileNode shows an uploaded file: images and text with a look inside, all with a download. */
function fileNode(file) {
  const name = file.title || file.name || file.id;
  const address = ownURL(file.url_private_download ?? file.url_private);
  const image = String(file.mimetype ?? "").startsWith("image/") && ownURL(file.url_private ?? file.thumb_360);
  const head = el(
    "div",
    { class: "file-card", "data-file": file.id },
    icon("file"),
    span(
      "file-name",
      el("bdi", { class: "strong" }, name),
      span(
        "soft small block",
        [file.pretty_type || file.filetype || file.mimetype, file.size !== undefined && fileSize(file.size)].filter(Boolean).join(" · "),
      ),
    ),
    address &&
      el(
        "a",
        { class: "icon-button", href: address, download: file.name ?? "", "aria-label": `Download ${name}`, title: "Download" },
        icon("download"),
      ),
  );
  return div(
    "file",
    head,
    image && el("a", { href: image, target: "_blank", rel: "noopener" }, picture(image, file.alt_txt || name, "block-image")),
    file.preview && el("pre", { class: "code-block", tabindex: "0" }, file.preview),
  );
}
