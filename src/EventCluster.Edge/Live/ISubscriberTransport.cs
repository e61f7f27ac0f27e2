namespace EventCluster.Edge.Live;

/// <summary>One way to hold a connection to a reader.</summary>
internal interface ISubscriberTransport
{
    /// <summary>Answers the request, from its first byte to its end.</summary>
    Task RunAsync(ReadOperation read);
}
