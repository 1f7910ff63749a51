"""The tape: arrays that remember how they were computed.

    x = Tensor(np.array([3.0]))
    loss = total(tanh(x) * 2.0)
    backward(loss)
    x.gradient

Modules: tape (Tensor, primitive, backward), memory (where they lie), arithmetic (what + or @ computes),
operations (functions of entries, reductions), shapes (what moves entries about), products (affine), softmax (and
attention), convolution (and pooling), graph (a tape walked node by node), expression (typed lines become a tape).
"""
