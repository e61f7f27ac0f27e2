namespace EventCluster.TestKit.Claims;

/// <summary>A request under way. One that is never answered is not recorded.</summary>
public readonly struct SentRequest
{
    private readonly ClaimRecorder _recorder;
    private readonly string _stream;
    private readonly string _way;
    private readonly TimeSpan _sent;

    internal SentRequest(ClaimRecorder recorder, string stream, string way, TimeSpan sent) =>
        (_recorder, _stream, _way, _sent) = (recorder, stream, way, sent);

    /// <summary>The answer came just now, or the client gave up (<see cref="Claim.None"/>).</summary>
    /// <param name="claim">What it claims.</param>
    /// <param name="waited">
    /// For an answer that says that nothing came: the wait that was asked for. The claim holds after the end of the wait, unless the
    /// answer came earlier.
    /// </param>
    public void Answer(Claim claim, TimeSpan waited = default) => _recorder.Answer(_stream, _way, _sent, waited, claim);
}
