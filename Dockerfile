# The serving install: no TensorFlow, no compiler, no pip cache; a user without rights.
#
#   docker build -t gallery .
#   docker run --rm -v gallery:/data gallery keys create --scope admin
#   docker run -d --name gallery -p 127.0.0.1:8000:8000 -v gallery:/data \
#       --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       --stop-timeout 40 gallery
#
# Layers, from what changes least to what changes most: Python, the locked packages (about 480 MB,
# built anew only when requirements.lock changes), and the program (4 MB).

FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/gallery
COPY requirements.lock /src/
RUN /opt/gallery/bin/pip install --require-hashes -r /src/requirements.lock

# The wheel of the program alone; hatchling stays behind in this stage.
FROM packages AS wheel
RUN pip install "hatchling>=1.27,<2"
WORKDIR /src
COPY pyproject.toml README.md ./
COPY data/samples data/samples
COPY gallery gallery
COPY cli cli
COPY api api
COPY migrations migrations
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheel .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin gallery
COPY --from=packages /opt/gallery /opt/gallery
RUN --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    /opt/gallery/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl
ENV PATH=/opt/gallery/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GALLERY_DATABASE_URL=sqlite:////data/gallery.db
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["gallery"]
CMD ["serve", "--host", "0.0.0.0", "--workers", "2"]
