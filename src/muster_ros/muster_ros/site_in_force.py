"""A node's site as it is in force: its own file's, under the limits that traffic tells of."""

from __future__ import annotations

from muster_msgs import msg

from muster_core.errors import SiteError
from muster_core.site import Site, load_site
from muster_ros.traffic_conversions import to_zone


class SiteInForce:
    """Keeps up with the topic ``zones``. For one thread; it may read the site's file.

    :param path: of the node's own site file.
    :param site: what that says.
    """

    def __init__(self, path: str, site: Site) -> None:
        self.site = site
        self.problem = ""
        self._path = path
        self._base = site
        self._newest = (0, 0)

    def hear(self, message: msg.Zones) -> Site | None:
        """The site to go by from now on; None when there is no other one.

        Where traffic goes by another site than this node's, the node's file is read again: it may
        have been replaced. If it was not, :attr:`problem` says what to do, and nothing changes.
        """
        number = (message.epoch, message.number)
        if number <= self._newest:
            return None
        try:
            base = self._base_of(message.site_digest)
            site = base.with_zones(*map(to_zone, message.zones))
        except SiteError as error:
            self.problem = f"the site that traffic goes by cannot be used: {error}"
            return None
        self._newest, self._base, self.problem = number, base, ""
        if site == self.site:
            return None
        self.site = site
        return site

    def _base_of(self, digest: str) -> Site:
        if self._base.digest == digest:
            return self._base
        site = load_site(self._path)
        if site.digest != digest:
            raise SiteError(
                f"it has the digest {digest}, and the file {self._path} here {site.digest}; "
                f"install the same file everywhere, then `muster site change`"
            )
        return site
