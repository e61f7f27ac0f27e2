using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Live;

/// <summary>One GET on its way through a transport.</summary>
/// <param name="Context">The request and its response.</param>
/// <param name="Name">The stream.</param>
/// <param name="Query">Its query.</param>
/// <param name="Start">Where it begins: <c>Last-Event-ID</c> before the query (CORRECTNESS rule 16).</param>
/// <param name="IsReconnect">The start comes from <c>Last-Event-ID</c>.</param>
/// <param name="Stream">The stream's handle.</param>
/// <param name="Time">The clock.</param>
internal sealed record ReadOperation(
    HttpContext Context,
    StreamName Name,
    ReadQuery Query,
    ReadStart Start,
    bool IsReconnect,
    IStreamHandle Stream,
    TimeProvider Time)
{
    private PositionReader? _reader;
    private IStreamHandle? _bounded;

    /// <summary>What the client sent as its position, where that was none.</summary>
    public string? SentPosition =>
        Start.Kind == StartKind.Foreign ? Context.Request.Headers[EdgeHeaders.LastEventId].ToString() : null;

    /// <summary>The stream, for an answer that ends: all its calls together take as long as one may.</summary>
    public IStreamHandle Bounded => _bounded ??= Stream.Within(new AnswerTime(Time));

    /// <summary>Its way through the stream, for answers that end; live ones follow a feed.</summary>
    public PositionReader Reader => _reader ??= new PositionReader(Bounded, Time);
}
