//! Sockets: components import them since their toolchains do, and get none. What was asked for is told at the end of the
//! run, as a request that was refused is.
//!
//! Only the two ways to a socket and the look-up of names are here: without one no call of `wasi:sockets` has anything to
//! be about, so those are the engine's own.

use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{self, ResolveAddressStream};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, IpAddress, IpAddressFamily, Network};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, IoError, SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::WasiSocketsCtxView;

use super::refusals::Refusals;
use crate::outcome::refusal::SocketRefused;

/// The engine's sockets, and who is told of what is refused, for the time of a call.
pub(crate) struct View<'a> {
    pub engine: WasiSocketsCtxView<'a>,
    pub refusals: Refusals,
}

struct HasSockets;

impl HasData for HasSockets {
    type Data<'a> = View<'a>;
}

/// Links `wasi:sockets/tcp-create-socket`, `udp-create-socket` and `ip-name-lookup`.
pub(crate) fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> View<'_>,
) -> wasmtime::Result<()> {
    tcp_create_socket::add_to_linker::<T, HasSockets>(linker, view)?;
    udp_create_socket::add_to_linker::<T, HasSockets>(linker, view)?;
    ip_name_lookup::add_to_linker::<T, HasSockets>(linker, view)
}

impl network::Host for View<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        self.engine.convert_error_code(error)
    }

    fn network_error_code(&mut self, error: Resource<IoError>) -> wasmtime::Result<Option<ErrorCode>> {
        self.engine.network_error_code(error)
    }
}

impl network::HostNetwork for View<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.engine, network)
    }
}

impl tcp_create_socket::Host for View<'_> {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.refusals.keep_socket(SocketRefused { name: None });
        Err(ErrorCode::AccessDenied.into())
    }
}

impl udp_create_socket::Host for View<'_> {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        self.refusals.keep_socket(SocketRefused { name: None });
        Err(ErrorCode::AccessDenied.into())
    }
}

impl ip_name_lookup::Host for View<'_> {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        self.refusals.keep_socket(SocketRefused { name: Some(name) });
        // Of the codes that there are for names this is the one that nobody tries again after.
        Err(ErrorCode::PermanentResolverFailure.into())
    }
}

impl ip_name_lookup::HostResolveAddressStream for View<'_> {
    fn resolve_next_address(&mut self, stream: Resource<ResolveAddressStream>) -> SocketResult<Option<IpAddress>> {
        self.engine.resolve_next_address(stream)
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<Resource<DynPollable>> {
        self.engine.subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        ip_name_lookup::HostResolveAddressStream::drop(&mut self.engine, stream)
    }
}
