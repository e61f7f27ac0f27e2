using System.Net;
using EventCluster.Faults.Servers;

namespace EventCluster.Faults.Images;

/// <summary>How a stream must be answered.</summary>
/// <param name="Status">200, 404 without a stream, 410 for one that only forks hold.</param>
/// <param name="Body">All retained events.</param>
internal sealed record WorkAnswer(HttpStatusCode Status, byte[] Body)
{
    /// <summary>Whether it was answered so. What only forks hold is forgotten some time after the last of them.</summary>
    public bool Fits(StreamAnswers served) => Status switch
    {
        HttpStatusCode.OK => served.Status == Status && served.Body.AsSpan().SequenceEqual(Body),
        HttpStatusCode.Gone => served.Status is HttpStatusCode.Gone or HttpStatusCode.NotFound,
        _ => served.Status == Status,
    };

    public override string ToString() => $"{(int)Status} with {Body.Length} bytes";
}
